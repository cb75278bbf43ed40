//! The registry, and why it is right.
//!
//! # The state machine
//!
//! A registry is a *header* and N slots. The header is one atomic word: the number of the first free slot, and the ticket of
//! the next registration. Each slot has one atomic word, which says who owns the slot:
//!
//! | state | owner of the slot | how the slot gets there |
//! | --- | --- | --- |
//! | free, on the list | none | at the start, all zero; or `release` |
//! | free, off the list | the reservation, which writes the hook | `reserve`: exchanges the header |
//! | armed | none; each run, `take` or `unregister` may claim it | `arm`: exchanges the slot's word |
//! | running | the run that claimed it | `run`, `call`: exchange the slot's word |
//! | leaving | the `take` or `unregister` that claimed it | `take`, `unregister`: exchange the slot's word |
//! | sealed | the reservation, if there is one; it cannot be armed | `close`: exchanges the slot's word |
//!
//! *Register* takes the first slot off the list with one exchange of the header. The same exchange takes the ticket. Register
//! then owns the slot, writes the hook, and publishes it with one exchange of the slot's word. *Run* and *unregister* claim an
//! armed slot with one exchange of its word, use the hook, and put the slot back on the list with one exchange of the header.
//! A run holds nothing while it calls a hook, so a hook may do all of this itself.
//!
//! The slot's word has no state "being written". A half-written slot reads as free, so a run passes it by. It is off the list, so
//! no other register gets it.
//!
//! *Full* is true of one moment: when `reserve` read the header, the list was empty.
//!
//! The ticket has three jobs. It is the *order*: the newer hook has the later ticket. It is the *generation*: an id carries the
//! ticket and a claim compares the whole word, so neither mistakes a newer hook in the slot for the older one. And it is the
//! *tag* of the free list, which keeps `reserve` from the ABA problem, see below.
//!
//! # What a run reads before it claims
//!
//! A run reads the state, triggers, phase, ticket and handler-safety of a slot, and then decides whether to claim the slot.
//! The claim compares the word, and the word holds all of these except the signals. The run reads the signals after the word
//! (Acquire) and before the claim. If the claim succeeds, the word has not changed in between. Signals are only written to a slot
//! that is not armed, so the run has read the signals of the hook that it claimed.
//!
//! # The free list
//!
//! `reserve` reads the header, reads the link of the first slot, and exchanges the header for one with that link:
//!
//! ```text
//! A: reserve                              B: interrupts A, or is another thread
//! header = (t, 3); next = link(3) = 5
//!                                         reserve → slot 3, header = (t+1, 5)
//!                                         reserve → slot 5, header = (t+2, 7)
//!                                         release slot 3    header = (t+2, 3)
//! exchange (t, 3) → (t+1, 5)  fails: the ticket is t+2. Had it succeeded, slot 5 would be both used and free.
//! ```
//!
//! The link of a slot changes only after a `reserve` took the slot off the list, and that `reserve` also took a ticket. So if
//! the header is unchanged, the link is unchanged too.
//!
//! # Order, when slots change during a run
//!
//! A run collects the slots that it wants and sorts them by phase and ticket. It has no room for copies of the words, so it reads
//! them again as it compares. (This part is in [`crate::run`] and [`crate::order`].) Another thread may claim a slot or use it
//! again meanwhile. That changes the key of the slot, and could put two *other* hooks into the wrong order. So the sort ends with
//! a pass over the whole list that has found no two neighbours in the wrong order. If the keys, read once each, ascend, then each
//! hook whose key did not change is in its place. Each key changes once at most: a hook that has left its slot comes last, and
//! so does whatever comes into the slot after it. Collecting is such a pass too. The list as collected usually is in order, and
//! then there is nothing to sort.
//!
//! With fewer than five used slots, a list takes longer than it saves. On targets that exchange at most 32 bits, code is scarcer
//! than time in a table of up to 16 slots. In both cases the run makes no list. It looks through the slots for the hook that comes
//! first, and claims it by the word that it read there. If the claim fails, another run or an `unregister` has the hook, and
//! the run looks again.
//!
//! Before each call, and at the end, the run checks whether a ticket was taken since it collected. If so, it collects again. So
//! a hook that is registered during the run takes its place in the order at once, and a newer hook in a used slot does not
//! get the place of the older one. A run tries to call at most N hooks that are newer than itself. Once N tickets were taken since it
//! began, it collects again only after it has tried to call a hook. So it ends even if each hook registers another one, and even
//! if other threads register faster than it can collect. From then on, a hook that comes while the run collects may be called out of
//! order; those that came before keep theirs.
//!
//! # Slots that a run skips
//!
//! A slot that was never taken has no hook. The list begins in the order of the table, and `release` puts slots in front of those
//! that were never taken. So the slots that were ever taken are the first ones of the table, and one number counts them: the
//! high-water mark. `reserve` raises the mark before it takes the slot, so a run that must see the hook also sees the mark. The
//! mark never falls. (Where words are narrow there is no mark: tables are small there, and code is scarce.)
//!
//! # Close
//!
//! `close` first writes a mark into the header, with one exchange. After that no slot can be reserved. But a slot that was
//! reserved before may still be armed. So `close` then looks at every slot below the high-water mark, and exchanges the word of
//! each free one for *sealed*. `arm` exchanges the same word, from free to armed, so one of the two exchanges fails:
//!
//! ```text
//! A: register                             B: close, then run
//! reserve → slot 3; write the hook
//!                                         write the mark into the header
//! exchange free → armed: registered
//!                                         slot 3 is armed: leave it
//!                                         run: finds the hook
//! ```
//! ```text
//! reserve → slot 3; write the hook
//!                                         write the mark into the header
//!                                         slot 3 is free: exchange free → sealed
//! exchange free → armed: fails
//! hand the hook back: `Closed`            run: finds no hook
//! ```
//!
//! Why `close` misses no reservation: the reservation exchanged the header before `close` did, so `close` has acquired what the
//! reservation wrote or read before that exchange. This includes the high-water mark and the word of the slot, free. So
//! `close` looks at the slot, and reads this word or a later one. A later word comes from `arm` or after it, and then the hook was
//! registered before `close` returned. Slots that become free later cannot be reserved, since the mark stays.
//!
//! The mark stands in the place of the first free slot, so the list is lost. `release` leaves slots off it from then on. A
//! second `close` seals again, since the first one may be suspended half-way.
//!
//! # Memory orderings
//!
//! | write | partner | what it carries |
//! | --- | --- | --- |
//! | `arm`: slot word, exchange, Release | `load`, `seal`: Acquire; `claim`: exchange, Acquire | the hook and its signals, to the run, `take` or `unregister` that claims it |
//! | `free`: slot word, Release | `load`: Acquire | what the hook did, to a run that no longer counts it as running |
//! | `release`: header exchange, Release | `reserve`: header load and exchange, Acquire | the link of the free slot; that the old hook is gone before a new one overwrites it |
//! | `reserve`: header exchange, Release | `close`: header exchange, Acquire | the high-water mark and the words of reserved slots, to `close` |
//! | `reserve`: exchange of the high-water mark, Release | the load before a run collects: Acquire | the mark itself; that the mark is there before the hook is, is for runs that learn of the hook by other means |
//! | `reserve`: header exchange | the header load in `run` after its load of a slot: Acquire | that the slot was used again since the run collected it; and that a hook of this run registered another one |
//!
//! Every change of the header after the first is an exchange, so each continues the release sequence of all before it, and one
//! Acquire load sees the link of every free slot. An exchange is always Acquire and Release here. `SeqCst` appears nowhere: no
//! argument compares the orders of two different words.
//!
//! # Progress
//!
//! *Lock-free*: an exchange fails only because another one succeeded. A run looks or sorts again only because a slot that it
//! wanted was claimed or used again. No call waits for another one. A thread that is suspended for ever, at any instruction, keeps
//! the one slot that it owns at that moment, and nothing else. Other threads can still register, unregister and run all other
//! hooks, in order.
//!
//! A run is more than that: it ends after a number of steps that depends on N alone, the steps of its hooks aside. `register` and
//! `unregister` are not *wait-free*: registrations that never cease can make an exchange of the header fail again and again.

use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::atomic::{HighWater, Word, array, const_fn};
use crate::slot::Slot;
use crate::word;

/// A fixed table of up to `N` hooks of `WORDS` machine words each.
///
/// It is made for a `static`: `new` is `const` and all zero, so the table lies in `.bss`. Every method takes `&self`. Any thread,
/// signal handler or interrupt may call it, and may be interrupted anywhere by any other call on the same registry. No method
/// allocates, locks or waits. (A handler must not *drop* an ordinary closure, so only threads should `unregister` ordinary hooks.)
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
/// | call | cost |
/// | --- | --- |
/// | `register`, `unregister`, `take` | amortised O(1): two exchanges each |
/// | `run` | looks at each slot that was ever taken; O(n log n) for the n hooks that it calls, O(n) if slots are in order; two exchanges a hook; two bytes of stack a slot |
/// | `run`, fewer than five slots ever taken | looks at these slots once for each call; no list |
/// | `close` | looks at each slot that was ever taken; one exchange, and one for each free slot |
///
/// Where the target exchanges at most 32 bits, `run` and `close` look at all N slots, and the list takes one byte of stack a slot.
/// Up to 16 slots there is no list: `run` looks at all N slots for each call.
///
/// # Limits
///
/// `N` is from 1 to 65,534, or to 254 where the target exchanges at most 32 bits. Tickets have 48 bits (24 there), and
/// wrap: after 2^48 (2^24, that is 16.7 million) registrations they start again at zero. This means:
///
/// - *Order* is right among hooks of which the oldest is less than 2^47 (2^23) registrations old, its own included. An older
///   hook may count as a newer one.
/// - *An id* that is kept that long may name a newer hook, if that hook got the same slot and, of 2^48 (2^24), the same ticket.
/// - *A call* of `register` that is suspended during exactly a multiple of 2^48 (2^24) other registrations may corrupt the free
///   list.
///
/// At a million registrations a second, 2^47 take four years. Except in the last case, a hook still runs at most once.
pub struct Registry<const N: usize, const WORDS: usize = 3> {
    pub(crate) header: Word,
    pub(crate) high_water: HighWater,
    pub(crate) slots: [Slot<WORDS>; N],
}

// SAFETY: the atomics are shared by design. Only the owner of a slot touches its payload. The state machine allows one owner at a
// time, with Acquire and Release between two of them. And hooks are `Send`.
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

    /// The slots that were ever taken: the others have no hook.
    pub(crate) fn used_slots(&self) -> &[Slot<WORDS>] {
        self.slots.get(..self.high_water.count()).unwrap_or(&self.slots)
    }
}

impl<const N: usize, const WORDS: usize> Default for Registry<N, WORDS> {
    fn default() -> Self {
        Self::new()
    }
}
