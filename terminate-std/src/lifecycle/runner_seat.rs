//! [`RunnerSeat`]: which thread is the runner, and of which epoch.

use std::sync::Mutex;
use std::thread::JoinHandle;

use super::start_once::StartOnce;
use super::state::EPOCH_BITS;
use crate::types::atomic::{AtomicU32, AtomicU64, Ordering, const_fn, with_new};

with_new! {
    /// What is known of the thread that runs the hooks.
    pub(crate) struct RunnerSeat {
        /// Whether a thread waits for work, or will in a moment.
        pub(crate) started: StartOnce = StartOnce::new(),
        /// The thread that waits for work or has it, for [`runner_thread::restart`](super::runner_thread::restart) alone.
        pub(crate) thread: Mutex<Option<JoinHandle<()>>> = Mutex::new(None),
        /// The number of the thread that waits for work or has it, above a mark that it has; zero if there is none.
        holder: AtomicU32 = AtomicU32::new(0),
        /// How many were started.
        count: AtomicU32 = AtomicU32::new(0),
        /// The thread that runs hooks now, by [`sys::thread_token`], above its epoch; zero if none does. One word, so that a
        /// thread that was replaced does not read its successor's epoch as its own.
        seat: AtomicU64 = AtomicU64::new(0),
        /// The kernel's number of it, for a supervisor.
        pub(crate) thread_id: AtomicU32 = AtomicU32::new(0),
    }
}

/// Set in [`RunnerSeat::holder`] while the thread has work: then no other one replaces it.
const BUSY: u32 = 1;

/// The number of a thread that was started to wait for work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(u32);

impl RunnerSeat {
    /// For a thread that is going to wait for work.
    pub(crate) fn new_number(&self) -> Number {
        Number((self.count.fetch_add(1, Ordering::Relaxed) + 1) << 1)
    }

    /// How many threads were started to wait for work.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn started_ever(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// The thread waits for work from now on, if none does.
    pub(crate) fn begin(&self, number: Number) {
        let _ = self.holder.compare_exchange(0, number.0, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The thread waits for work from now on, in place of another one, unless that has work.
    pub(crate) fn replace(&self, number: Number) {
        let idle = |holder| (holder & BUSY == 0).then_some(number.0);
        let _ = self.holder.fetch_update(Ordering::AcqRel, Ordering::Relaxed, idle);
    }

    /// Whether it is that thread which waits for work or has it.
    pub(crate) fn is_held_by(&self, number: Number) -> bool {
        self.holder.load(Ordering::Acquire) & !BUSY == number.0
    }

    /// The thread begins with some work. Whether it may: it was not replaced.
    pub(crate) fn begin_work(&self, number: Number) -> bool {
        self.holder.compare_exchange(number.0, number.0 | BUSY, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The thread has done it, and waits for more.
    pub(crate) fn end_work(&self, number: Number) {
        self.holder.store(number.0, Ordering::Release);
    }

    /// That thread ends: another one may get its token.
    pub(crate) fn leave(&self, thread: usize) {
        let seat = (thread as u64) << EPOCH_BITS;
        let _ = self.seat.compare_exchange(seat, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

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
