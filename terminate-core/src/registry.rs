//! The registry, and the argument why it is right.
//!
//! # The state machine
//!
//! A registry is a *header* and N slots. The header is one atomic word: the first free slot, and the ticket of the next
//! registration. A slot has one atomic word that says whose it is:
//!
//! | state | whose the slot is | how it gets there |
//! | --- | --- | --- |
//! | free, on the list | nobody's | the start, all zero; or `release` |
//! | free, off the list | the one that took it off; it is writing the hook | `reserve`: an exchange of the header |
//! | armed | everybody's, to claim | `arm`: an exchange of the slot's word |
//! | running | the run that claimed it | `run`: an exchange of the slot's word |
//! | leaving | the `take` or `unregister` that claimed it | an exchange of the slot's word |
//! | sealed | the reservation that can no longer be armed, if there is one | `close`: an exchange of the slot's word |
//!
//! *Register* takes the first slot off the list with one exchange of the header, and that same exchange takes the
//! ticket. It then owns the slot, writes the hook, and publishes it with one exchange of the slot's word. *Run* and *unregister* claim an
//! armed slot with one exchange of its word, use the hook, and put the slot back on the list. Nothing is held while a
//! hook is called or dropped, so hooks may do all of this themselves.
//!
//! There is no "being written" in the slot's word, because nobody needs to tell it from "free": a half-written slot
//! reads as free, so runs pass it by, and it is off the list, so nobody else gets it.
//!
//! The ticket has three jobs. It is the *order*: the newer hook has the later ticket. It is the *generation*: an id
//! carries the ticket and a claim compares the whole word, so neither can be taken in by a slot that was used again. And
//! it is the *tag* of the free list, which keeps `reserve` from the ABA problem, see below.
//!
//! # What is read before a claim
//!
//! A run decides by what it reads (state, triggers, phase, ticket, handler-safe) whether to claim a slot. All of it but
//! the signals is in the one word that the claim compares. The signals are read after the word (Acquire) and before the
//! claim. If the claim succeeds, the word has not changed in between, and since signals are only written to a slot that
//! has left the armed state, they are those of that very registration.
//!
//! # The free list
//!
//! `reserve` reads the header, reads the link of the first slot, and exchanges the header for one with that successor:
//!
//! ```text
//! A: reserve                              B: interrupts A, or is another thread
//! header = (t, 3); next = link(3) = 5
//!                                         reserve → slot 3, header = (t+1, 5)
//!                                         reserve → slot 5, header = (t+2, 7)
//!                                         release slot 3    header = (t+2, 3)
//! exchange (t, 3) → (t+1, 5)  fails: the ticket is t+2. Had it succeeded, slot 5 would now be both used and free.
//! ```
//!
//! The link of a slot can only change once the slot was taken off the list, and whoever takes one off also takes a
//! ticket. So if the header is unchanged, so is the link.
//!
//! # Order, when slots change under a run
//!
//! A run collects the slots that it wants and sorts them by phase and ticket, reading the words again as it compares:
//! there is no room for copies. (This part is in [`crate::run`].) A slot that somebody else claims or uses again meanwhile
//! changes its key, and could thereby put two *other* hooks into the wrong order. So the sort ends with a pass over the
//! whole list that has found no two neighbours in the wrong order: if the keys, read once each, ascend, then every hook
//! that was there all the time, and whose key was the same all the time, is in its place. Collecting is such a pass too, and
//! the list as collected usually is in order: then there is nothing to sort.
//!
//! As long as fewer than five slots were ever taken, a list would take longer than it saves; and where the target exchanges 32 bits
//! at most, code is dearer than time in a table of up to 16 slots. Then there is none: a run looks through the slots for the hook
//! that comes first, and claims it by the word that it saw there. If that fails, somebody else has got the hook, and the run looks
//! again.
//!
//! Before each call, and at the end, the run looks whether a ticket was given out since it collected. If so, it collects
//! again: a hook that was registered during the run takes its place in the order at once, and a slot that was used again does not
//! pass its old place on. Hooks that are newer than the run are called at most N times in it, so it ends even if every hook
//! registers another one.
//!
//! # What a run need not look at
//!
//! A slot that was never taken has no hook. The list begins as the table stands, and what is put on it comes before what was
//! never taken, so the slots that were ever taken are the first ones of the table, and one number tells how many: `reserve`
//! raises it before the hook is armed, so whoever is to see the hook sees the number too. It never falls.
//! (Where words are narrow there is no such number: tables are small there, and code is dear.)
//!
//! # Close
//!
//! `close` first puts a mark into the header, with one exchange: no slot is reserved any more. Slots that were reserved before
//! may still be armed. So it then looks at every slot that was ever taken, and exchanges the word of each free one for
//! *sealed*. `arm` exchanges the same word, from free to armed, and one of the two exchanges fails:
//!
//! ```text
//! A: register                             B: close, then run
//! reserve → slot 3
//! write the hook
//!                                         mark the header
//! exchange free → armed: registered       slot 3 is armed: nothing to seal
//!                                         run: finds the hook
//!
//!                                         mark the header
//!                                         slot 3 is free: exchange free → sealed
//! exchange free → armed fails             run: finds no hook
//! hand the hook back: `Closed`
//! ```
//!
//! A reservation that was made before the mark exchanged the header before `close` did, so `close` has acquired all that came
//! before it: the word of the slot as it was when it was reserved, and the number of slots that were ever taken, which
//! `reserve` raises before its exchange. So `close` looks at every reserved slot, and sees it as free or as what came after.
//! A slot that is armed, running or leaving is never reserved again.
//!
//! The mark stands where the number of the first free slot stood, so the list is lost: slots that become free later stay off
//! it. A second `close` seals too, since the first one may be suspended half-way.
//!
//! # Memory orderings
//!
//! | write | partner | what it carries |
//! | --- | --- | --- |
//! | `arm`: slot word, exchange, Release | `load`, `seal`: Acquire; `claim`: exchange, Acquire | the hook and its signals, to whoever calls or takes it |
//! | `free`: slot word, Release | `load`: Acquire | what the hook did, to whoever is told that it is done |
//! | `release`: header exchange, Release | `reserve`: header load and exchange, Acquire | the free slot's link; that the old hook is gone, before a new one is written over it |
//! | `reserve`: header exchange, Release | `close`: header exchange, Acquire | the words of the slots that are reserved, and the number of used slots, to `close` |
//! | `reserve`: exchange of the number of used slots, Release | the load before a run collects: Acquire | nothing but itself; that it is there before the hook is, is for those who see the hook by other means |
//! | `reserve`: header exchange | the header load in `run` after its look at a slot: Acquire | that the slot was used again since it was collected; and that a hook was registered by the last one, on the same thread |
//!
//! Every change of the header after the first is an exchange, so each continues the release sequence of all before it,
//! and one Acquire load sees every free slot's link. An exchange is always Acquire and Release here. `SeqCst` appears
//! nowhere: no argument compares the orders of two different words.
//!
//! # Progress
//!
//! *Lock-free*: an exchange fails only because somebody else's succeeded, and a run looks or sorts again only because a slot
//! that it wanted was claimed or used again. No call ever waits for another one. A thread that is suspended for ever, at any
//! instruction, keeps the one slot that it owns at that moment, armed or not, and nothing else: everybody else's hooks
//! can still be registered, unregistered and run, in order.
//!
//! It is not *wait-free*: registrations that never cease can delay a run by making it collect again, though never for
//! more than N calls of their hooks.

use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::atomic::{HighWater, Word, array, const_fn};
use crate::slot::Slot;
use crate::word;

/// A fixed table of up to `N` hooks of `WORDS` machine words each.
///
/// It is made for a `static`: `new` is `const`, and all zero, so the table lies in `.bss`. Every method takes `&self`,
/// may be called from any thread, signal handler or interrupt, and may be interrupted anywhere by any of them, on the
/// same registry. None allocates, locks or waits. (A handler must not *drop* an ordinary closure, so leave `unregister`
/// of ordinary hooks to threads.)
///
/// ```
/// use terminate_core::{Cause, Context, Hook, Registry};
///
/// static REGISTRY: Registry<8> = Registry::new();
///
/// let first = REGISTRY.register(Hook::new(|_| println!("runs last"))).unwrap();
/// REGISTRY.register(Hook::new(|cause| println!("runs first: {cause}"))).unwrap();
/// let report = REGISTRY.run(Cause::Exit, Context::Thread);
/// assert_eq!(report.ran, 2);
/// assert!(!REGISTRY.contains(first));
/// ```
///
/// # Cost
///
/// `register`, `unregister` and `take` are amortised O(1): one or two exchanges. `run`
/// looks at as many slots as were ever taken, and sorts the n that it calls in O(n log n), unless they are in order already; it
/// takes two bytes of stack a slot. (Of up to four, it looks at all for each call, and takes none.) Where the target exchanges 32
/// bits at most, it looks at all N, and that is one byte a slot, and none up to 16 slots: there `run` looks at all N slots for each
/// call.
///
/// # Limits
///
/// `N` is from 1 to 65,534, or to 254 where the target exchanges 32 bits at most. Tickets have 48 bits (24 there), and
/// wrap: after 2^48 (2^24, that is 16.7 million) registrations they start again at zero. What that means:
///
/// - *Order* is right among hooks of which the oldest is less than 2^47 (2^23) registrations old, its own included. Beyond
///   that a hook may be taken for a newer one.
/// - *An id* kept that long may name a newer hook, if that got the same slot and, of 2^48 (2^24), the same ticket.
/// - *A call* of `register` that is suspended while exactly a multiple of 2^48 (2^24) other registrations go by may
///   corrupt the free list.
///
/// At a million registrations a second, 2^47 take four years. The last of the three aside, none affects that a hook runs
/// at most once.
pub struct Registry<const N: usize, const WORDS: usize = 3> {
    pub(crate) header: Word,
    pub(crate) high_water: HighWater,
    pub(crate) slots: [Slot<WORDS>; N],
}

// SAFETY: the atomics are shared by design. A payload is touched by the owner of its slot alone, which the state machine
// gives to one at a time, with Acquire and Release between them; and hooks are `Send`.
unsafe impl<const N: usize, const WORDS: usize> Sync for Registry<N, WORDS> {}

// A hook that panics leaves its slot free and the others as they were.
impl<const N: usize, const WORDS: usize> UnwindSafe for Registry<N, WORDS> {}
impl<const N: usize, const WORDS: usize> RefUnwindSafe for Registry<N, WORDS> {}

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    const_fn! {
        /// An empty registry.
        ///
        /// ```
        /// use terminate_core::Registry;
        /// static REGISTRY: Registry<8, 1> = Registry::new();
        /// assert!(REGISTRY.is_empty());
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            const {
                assert!(N > 0, "a registry needs at least one slot");
                assert!(
                    N <= word::MAX_SLOTS,
                    "a registry has at most 65,534 slots, or 254 on targets that cannot exchange 64 bits at once"
                );
            }
            Self { header: Word::new(0), high_water: HighWater::new(), slots: array!(Slot::new(); N) }
        }
    }

    /// The slots that were ever used: there is nobody in the others.
    pub(crate) fn used_slots(&self) -> &[Slot<WORDS>] {
        self.slots.get(..self.high_water.count()).unwrap_or(&self.slots)
    }
}

impl<const N: usize, const WORDS: usize> Default for Registry<N, WORDS> {
    fn default() -> Self {
        Self::new()
    }
}
