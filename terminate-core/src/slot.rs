//! One slot of the table: the word that says who owns the slot, and the payload that only the owner touches.
//!
//! The states of a slot; [`crate::registry`] has the details:
//!
//! ```text
//!            reserve: taken off the free list          arm: word.exchange(ARMED)
//!   FREE ─────────────────────────► FREE, off the list ─────────────────────────► ARMED
//!    ▲                               │ (being written) │                           │
//!    │                               │                 │ close: word.exchange(…)   │ claim: word.exchange(…)
//!    │    (the reservation is dropped)│                ▼                           ▼
//!    │                               │               SEALED                RUNNING, LEAVING
//!    └───────────────────────────────┴─────────────────────────────────────────────┘
//!              release: word.store(FREE), put on the free list
//! ```

use core::mem::MaybeUninit;

use crate::atomic::{Bits, Cell, Ordering, Word, array, const_fn};
use crate::cause::Cause;
use crate::hook::{Hook, Payload};
use crate::word;

/// The signals that the hook in a slot requests. The owner of the slot writes them. Any call may read them, but they count only
/// after a claim has succeeded: see [`crate::registry`].
struct Signals([Word; Self::WORDS]);

impl Signals {
    const WORDS: usize = (64 / Bits::BITS) as usize;

    const_fn! {
        const fn new() -> Self {
            Self(array!(Word::new(0); Signals::WORDS))
        }
    }

    #[inline]
    fn store(&self, signals: u64) {
        // The casts keep the lower half.
        #[allow(clippy::cast_possible_truncation)]
        match &self.0[..] {
            [low, high] => {
                low.store(signals as Bits, Ordering::Relaxed);
                high.store((signals >> 32) as Bits, Ordering::Relaxed);
            }
            words => words.iter().for_each(|word| word.store(signals as Bits, Ordering::Relaxed)),
        }
    }

    #[inline]
    fn load(&self) -> u64 {
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // Necessary where `Bits` is `u32`.
        let load = |word: &Word| word.load(Ordering::Relaxed) as u64;
        match &self.0[..] {
            [low, high] => load(low) | load(high) << 32,
            words => words.iter().fold(0, |all, word| all | load(word)),
        }
    }
}

pub(crate) struct Slot<const WORDS: usize> {
    word: Word,
    signals: Signals,
    // Initialised from `write` until the payload is finished or taken.
    payload: Cell<MaybeUninit<Payload<WORDS>>>,
}

impl<const WORDS: usize> Slot<WORDS> {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self { word: Word::new(0), signals: Signals::new(), payload: Cell::new(MaybeUninit::zeroed()) }
        }
    }

    /// Loads the word.
    ///
    /// Acquire: pairs with the Release of [`Slot::arm`], so that the signals read next are those of this registration or of a
    /// later one. Pairs with the Release of [`Slot::free`] too: a run that no longer counts a hook as running sees what the hook
    /// did.
    pub(crate) fn load(&self) -> Bits {
        self.word.load(Ordering::Acquire)
    }

    /// Loads the word for its link or its place only. Relaxed: the caller's exchange fails if the word was not the newest.
    pub(crate) fn load_relaxed(&self) -> Bits {
        self.word.load(Ordering::Relaxed)
    }

    pub(crate) fn requests_any(&self, any_of: u64) -> bool {
        self.signals.load() & any_of != 0
    }

    /// Writes the hook, then publishes it: from then on any run may claim the slot. False if `close` has sealed the slot.
    ///
    /// Release: pairs with the Acquire of `load`, `claim` and `seal`.
    ///
    /// # Safety
    ///
    /// - The caller has reserved the slot when its word was `free`, and not yet armed it.
    /// - If this is true, the slot has the hook: the caller neither uses nor drops it.
    pub(crate) unsafe fn arm(&self, free: Bits, ticket: Bits, hook: &Hook<WORDS>) -> bool {
        self.signals.store(hook.triggers.signal_bits());
        // SAFETY: the caller owns the slot, so no other call touches the payload. The caller uses one of the two copies only.
        self.payload.with(|cell| unsafe { (*cell).write((&raw const hook.payload).read()) });
        self.word.exchange(free, word::armed(ticket, hook.triggers, hook.phase, hook.handler_safe)).is_ok()
    }

    /// Keeps a reservation of the slot from being armed, unless it was armed before.
    ///
    /// Acquire: pairs with the Release of [`Slot::arm`].
    pub(crate) fn seal(&self) {
        let mut seen = self.load();
        while word::state(seen) == word::FREE {
            match self.word.exchange(seen, word::SEALED) {
                Ok(()) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// Claims the armed slot for the caller, in the given state. False if its word is no longer `seen`.
    ///
    /// Acquire: pairs with the Release of [`Slot::arm`], so that the payload is there.
    pub(crate) fn claim(&self, seen: Bits, state: Bits) -> bool {
        self.word.exchange(seen, word::with_state(seen, state)).is_ok()
    }

    /// Calls the hook.
    ///
    /// # Safety
    ///
    /// The caller has claimed the slot, and does this or [`Slot::take`] once.
    pub(crate) unsafe fn call(&self, cause: Cause) {
        // SAFETY: the caller has claimed the slot, so it was armed before, and no other call owns it.
        self.payload.with(|cell| unsafe { Payload::<WORDS>::finish(cell.cast(), Some(cause)) });
    }

    /// Takes the hook out.
    ///
    /// # Safety
    ///
    /// The caller has claimed the slot at `seen`, and does this or [`Slot::call`] once.
    pub(crate) unsafe fn take(&self, seen: Bits) -> Hook<WORDS> {
        let triggers = word::triggers(seen, self.signals.load());
        // SAFETY: as the caller says.
        let payload = unsafe { self.take_payload() };
        Hook { payload, triggers, phase: word::phase(seen), handler_safe: seen & word::HANDLER_SAFE != 0 }
    }

    /// Takes the closure out, without its triggers and phase.
    ///
    /// # Safety
    ///
    /// As for [`Slot::take`].
    pub(crate) unsafe fn take_payload(&self) -> Payload<WORDS> {
        // SAFETY: the caller has claimed the slot, so it was armed before, and no other call owns it.
        self.payload.with(|cell| unsafe { (*cell).assume_init_read() })
    }

    /// Marks the slot as free, with its successor. No call takes it until it is on the list.
    ///
    /// Release: pairs with the Acquire of `load`, so that a run that no longer counts the hook as running sees what the hook did.
    pub(crate) fn free(&self, own: usize, next: usize) {
        self.word.store(word::free(own, next), Ordering::Release);
    }
}

impl<const WORDS: usize> Drop for Slot<WORDS> {
    /// Drops a hook that never ran. Each slot does this for itself: if one drop panics, the other hooks are still dropped.
    fn drop(&mut self) {
        if word::state(self.load()) == word::ARMED {
            // SAFETY: armed, so the hook is there. The slot is borrowed mutably, so no other call uses it.
            self.payload.with(|cell| unsafe { Payload::<WORDS>::finish(cell.cast(), None) });
        }
    }
}
