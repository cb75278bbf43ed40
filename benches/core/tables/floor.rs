//! The floor: the exchanges and the looks that the guarantees cost at the least, and hardly anything else.
//!
//! A hook that anybody may call, in another thread or in a handler, is claimed by an exchange, or it is called twice. A slot
//! that anybody may take is taken by one, and given back by one. A run lists those that ask for its cause before it calls the
//! first, which comes first by its ticket and not by its place; looks again before it claims; counts what it has called; and
//! looks at all when it is through, since others may have come meanwhile. A hook is a function and what it has captured, in
//! place, and is told the cause.
//!
//! What is missing: phases, signals, hooks that may not run here, tickets that wrap, a sort, hooks that are registered during
//! the run, panics.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use terminate_core::Cause;

use super::{Table, consume};

const FREE: u64 = 0;
/// Added to the ticket, with what it asks for.
const ARMED: u64 = 1;
const CLAIMED: u64 = 2;
const EXIT: u64 = 4;
const MASK: u64 = 7;
const TICKET: u64 = 8;

/// As it captured one word.
type Function = fn(*const usize, Cause);

fn hook(captured: *const usize, _: Cause) {
    // SAFETY: the slot's, which is claimed.
    consume(unsafe { captured.read() });
}

struct Slot {
    state: AtomicU64,
    function: AtomicUsize,
    captured: AtomicUsize,
}

/// Slots that are taken and given back as on a stack, so that no list of free ones is needed, and no sort.
pub(crate) struct Exchanges<const N: usize> {
    taken: AtomicU64,
    slots: Vec<Slot>,
}

impl<const N: usize> Exchanges<N> {
    pub(crate) fn new() -> Self {
        let slot =
            || Slot { state: AtomicU64::new(FREE), function: AtomicUsize::new(0), captured: AtomicUsize::new(0) };
        Self { taken: AtomicU64::new(0), slots: (0..N).map(|_| slot()).collect() }
    }

    pub(crate) fn register(&self, number: usize) {
        let taken = self.taken.load(Ordering::Relaxed);
        let slot = &self.slots[usize::try_from(taken).unwrap()];
        exchange(&self.taken, taken, taken + 1);
        slot.function.store(black_box(hook as Function) as usize, Ordering::Relaxed);
        slot.captured.store(number, Ordering::Relaxed);
        slot.state.store(taken * TICKET + EXIT + ARMED, Ordering::Release);
    }

    pub(crate) fn take_back(&self) {
        let taken = self.taken.load(Ordering::Relaxed);
        let slot = &self.slots[usize::try_from(taken - 1).unwrap()];
        slot.claimed(|_, _| ());
        self.give_back();
    }

    fn give_back(&self) {
        let taken = self.taken.load(Ordering::Relaxed);
        exchange(&self.taken, taken, taken - 1);
    }
}

impl Slot {
    fn look(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }

    /// Whether it was there to claim.
    fn claimed(&self, then: impl FnOnce(Function, *const usize)) -> bool {
        let state = self.look();
        if state & MASK == EXIT + ARMED {
            exchange(&self.state, state, state - ARMED + CLAIMED);
            // SAFETY: it was stored as such.
            let function = unsafe { std::mem::transmute::<usize, Function>(self.function.load(Ordering::Relaxed)) };
            then(function, self.captured.as_ptr());
            self.state.store(FREE, Ordering::Release);
            return true;
        }
        false
    }
}

fn exchange(word: &AtomicU64, old: u64, new: u64) {
    word.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).unwrap();
}

/// A pair among other threads: the first word is everybody's, and the slot, taken by its exchange, one's own.
#[derive(Default)]
pub(crate) struct Shared(AtomicU64);

impl Shared {
    pub(crate) fn pair(&self) {
        let slot = AtomicU64::new(ARMED);
        self.exchange(|taken| taken + 1);
        exchange(&slot, ARMED, CLAIMED);
        self.exchange(|taken| taken - 1);
    }

    fn exchange(&self, new: impl Fn(u64) -> u64) {
        let mut seen = self.0.load(Ordering::Acquire);
        while let Err(now) = self.0.compare_exchange(seen, new(seen), Ordering::AcqRel, Ordering::Acquire) {
            seen = now;
        }
    }
}

impl<const N: usize> Table for Exchanges<N> {
    fn filled(hooks: usize) -> Self {
        let table = Self::new();
        (0..hooks).for_each(|number| table.register(number));
        table
    }

    fn run(&mut self) {
        let mut ran = 0;
        loop {
            let (mut list, mut earlier, mut in_order) = (heapless::Vec::<u16, N>::new(), u64::MAX, true);
            for (index, slot) in self.slots.iter().enumerate().rev() {
                let state = slot.look();
                if state & MASK == EXIT + ARMED {
                    in_order &= state < earlier;
                    earlier = state;
                    #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
                    // SAFETY: there is room for all.
                    unsafe {
                        list.push_unchecked(index as u16);
                    };
                }
            }
            assert!(in_order);
            for index in &list {
                let slot = &self.slots[usize::from(*index)];
                if slot.claimed(|function, captured| function(captured, Cause::Exit)) {
                    ran += 1;
                    self.give_back();
                }
            }
            if list.is_empty() {
                break;
            }
        }
        assert_eq!(ran, N);
    }
}
