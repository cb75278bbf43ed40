//! The floor: the exchanges and the looks that the guarantees cost at the least, and hardly anything else.
//!
//! A hook that anybody may call, in another thread or in a handler, is claimed by an exchange, or it is called twice. A slot
//! that anybody may take is taken by one, and given back by one. A run looks at all before it calls the first, which comes first
//! by its ticket and not by its place, and at all when it is through, since others may have come meanwhile.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{Table, consume};

const FREE: u64 = 0;
/// Added to the ticket.
const ARMED: u64 = 1;
const CLAIMED: u64 = 2;
const TICKET: u64 = 4;

struct Slot {
    state: AtomicU64,
    function: AtomicUsize,
}

/// Slots that are taken and given back as on a stack: no list, no causes, no other order.
pub(crate) struct Exchanges {
    taken: AtomicU64,
    slots: Vec<Slot>,
}

impl Exchanges {
    pub(crate) fn new(slots: usize) -> Self {
        let slot = || Slot { state: AtomicU64::new(FREE), function: AtomicUsize::new(0) };
        Self { taken: AtomicU64::new(0), slots: (0..slots).map(|_| slot()).collect() }
    }

    pub(crate) fn register(&self, function: fn(usize)) {
        let taken = self.taken.load(Ordering::Relaxed);
        let slot = &self.slots[usize::try_from(taken).unwrap()];
        exchange(&self.taken, taken, taken + 1);
        slot.function.store(function as usize, Ordering::Relaxed);
        slot.state.store(taken * TICKET + ARMED, Ordering::Release);
    }

    pub(crate) fn take_back(&self) {
        let taken = self.taken.load(Ordering::Relaxed);
        let slot = &self.slots[usize::try_from(taken - 1).unwrap()];
        slot.claim();
        slot.state.store(FREE, Ordering::Release);
        exchange(&self.taken, taken, taken - 1);
    }
}

impl Slot {
    fn claim(&self) -> fn(usize) {
        let state = self.state.load(Ordering::Acquire);
        exchange(&self.state, state, state - ARMED + CLAIMED);
        // SAFETY: it was stored as such.
        unsafe { std::mem::transmute::<usize, fn(usize)>(self.function.load(Ordering::Relaxed)) }
    }
}

fn exchange(word: &AtomicU64, old: u64, new: u64) {
    word.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).unwrap();
}

impl Table for Exchanges {
    fn filled(hooks: usize) -> Self {
        let table = Self::new(hooks);
        (0..hooks).for_each(|_| table.register(black_box(consume as fn(usize))));
        table
    }

    fn run(&mut self) {
        let looks = || self.slots.iter().map(|slot| slot.state.load(Ordering::Acquire));
        assert!(looks().is_sorted());
        for (number, slot) in self.slots.iter().enumerate().rev() {
            slot.claim()(number);
            slot.state.store(FREE, Ordering::Release);
        }
        assert!(looks().all(|state| state == FREE));
    }
}
