//! Calls of hooks outside of a pass: a guard at the end of its scope. The process does not end in the middle of one.
//!
//! Everything in this file but the waiting is async-signal-safe.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use crate::{Signal, sys};

/// The threads that are in such a call, one entry a call. If more than that are at once, the process may end in the middle
/// of one of the others.
static CALLERS: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];

/// Counts the calls that are over, for those who wait.
static OVER: AtomicU32 = AtomicU32::new(0);

/// The signal that came in the middle of such a call, to a thread on which it was to end the process there and then; or
/// zero.
static POSTPONED: AtomicI32 = AtomicI32::new(0);

/// One call, as long as it lasts.
pub(crate) struct Call(Option<&'static AtomicI32>);

pub(crate) fn begin() -> Call {
    let tid = sys::tid();
    // SeqCst: before the claim of the hook, for the conductor too, which looks here after its pass.
    let free = |caller: &&AtomicI32| caller.compare_exchange(0, tid, Ordering::SeqCst, Ordering::Relaxed).is_ok();
    Call(CALLERS.iter().find(free))
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(caller) = self.0 {
            caller.store(0, Ordering::Release);
            one_is_over();
        }
        let number = POSTPONED.swap(0, Ordering::Relaxed);
        if number != 0 {
            sys::send_to_process(Signal::from_raw(number));
        }
    }
}

/// Whether this thread is in such a call.
pub(crate) fn is_here() -> bool {
    let tid = sys::tid();
    CALLERS.iter().any(|caller| caller.load(Ordering::Relaxed) == tid)
}

/// Has the signal sent again when this thread's call is over.
pub(crate) fn postpone(signal: Signal) {
    POSTPONED.store(signal.as_raw(), Ordering::Relaxed);
}

/// This thread will not go on with whatever it is in: nobody is to wait for that.
pub(crate) fn abandon() {
    let tid = sys::tid();
    for caller in &CALLERS {
        if caller.load(Ordering::Relaxed) == tid {
            caller.store(0, Ordering::Release);
            one_is_over();
        }
    }
}

fn one_is_over() {
    OVER.fetch_add(1, Ordering::Release);
    sys::wake_all(&OVER);
}

/// Waits until every call is over.
pub(crate) fn wait() {
    loop {
        let over = OVER.load(Ordering::Acquire);
        // SeqCst: see `begin`.
        if CALLERS.iter().all(|caller| caller.load(Ordering::SeqCst) == 0) {
            return;
        }
        sys::wait(&OVER, over, None);
    }
}

/// Begins anew, in a forked child: whose parent waits for its own.
pub(crate) fn reset() {
    for caller in &CALLERS {
        caller.store(0, Ordering::Relaxed);
    }
    POSTPONED.store(0, Ordering::Relaxed);
}
