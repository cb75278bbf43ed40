//! [`RunnerSeat`]: which thread is the runner, and of which epoch.

use super::state::EPOCH_BITS;
use crate::types::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, const_fn, with_new};

with_new! {
    /// What is known of the thread that runs the hooks.
    pub(crate) struct RunnerSeat {
        /// Whether a thread waits for work, or will in a moment.
        pub(crate) started: AtomicBool = AtomicBool::new(false),
        /// Whether a thread took the seat; others that were started at the same moment end.
        pub(crate) taken: AtomicBool = AtomicBool::new(false),
        /// The thread that runs hooks now, by [`sys::thread_token`], above its epoch; zero if none does. One word, so that a
        /// thread that was replaced does not read its successor's epoch as its own.
        seat: AtomicU64 = AtomicU64::new(0),
        /// The kernel's number of it, for a supervisor.
        pub(crate) thread_id: AtomicU32 = AtomicU32::new(0),
    }
}

impl RunnerSeat {
    /// That thread runs the hooks from now on, as the runner of that epoch; unless there is one of a later epoch.
    pub(crate) fn take(&self, thread: usize, thread_id: i32, epoch: u32) {
        let seat = (thread as u64) << EPOCH_BITS | u64::from(epoch);
        let earlier = |seated| (epoch_of_seat(seated) <= epoch).then_some(seat);
        if self.seat.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier).is_ok() {
            self.thread_id.store(thread_id.cast_unsigned(), Ordering::Relaxed);
        }
    }

    /// Whether a thread runs hooks.
    pub(crate) fn is_running(&self) -> bool {
        self.seat.load(Ordering::Relaxed) != 0
    }

    /// The epoch of the runner that the thread is, if it is one.
    pub(crate) fn epoch_of(&self, thread: usize) -> Option<u32> {
        // Relaxed: a runner compares with what it wrote itself.
        let seat = self.seat.load(Ordering::Relaxed);
        (seat >> EPOCH_BITS == thread as u64).then_some(epoch_of_seat(seat))
    }
}

const fn epoch_of_seat(seat: u64) -> u32 {
    (seat & ((1 << EPOCH_BITS) - 1)) as u32
}
