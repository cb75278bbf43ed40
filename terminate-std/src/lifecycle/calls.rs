//! Calls that the runner does not make itself, and for which the end waits: guards, the hooks of a fault, `hold`.
//!
//! All of this is async-signal-safe, [`hold`] aside.

use std::time::Duration;

use super::fork;
use super::process::Process;
use super::state::{Event, Stage};
use crate::sys;
use crate::types::atomic::Ordering;

/// Set in [`Process::fault`] when the hooks of a fault have run that ends the process when it recurs.
const FAULT_RECURS: usize = 1;
/// How long a thread that may not hold the end up any more sleeps before it looks again.
const POLL: Duration = Duration::from_millis(100);
/// How often threads look in `hold` whether another thread's exit is over, before they do not wait for it any more: for two seconds.
const LOOKS: u32 = 20;
/// How long the end waits for such a fault to recur. It may not recur: another thread may have mapped the page.
const RECURRENCE: Duration = Duration::from_secs(1);

/// A call is over: wakes the runner if it waits for that.
pub(crate) fn wake_awaiting(process: &Process) {
    // SeqCst: either this sees that the runner waits, or the runner sees that the call is over.
    if process.is_awaiting_calls.load(Ordering::SeqCst) {
        process.calls_over.fetch_add(1, Ordering::Release);
        sys::wake(&process.calls_over);
    }
}

/// This thread will not come back to the guards that it is in.
pub(crate) fn abandon_guards_here(process: &Process) {
    let thread = sys::thread_token();
    let held = process.holds.abandon(|other, _| other == thread);
    if process.table().abandon_guards(|guard| guard.is_on(thread)) || held {
        wake_awaiting(process);
    }
}

/// As long as it lives, the calling thread holds the end up.
pub(crate) struct Held {
    process: &'static Process,
    thread: usize,
    at: Option<usize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            self.process.holds.end(at, self.thread);
            wake_awaiting(self.process);
        }
    }
}

/// Whether the end waits for this thread anyway: it is in a hook, in a guard's function, or in `hold`.
fn is_waited_for(process: &Process, thread: usize) -> bool {
    process.runner.epoch_of(thread).is_some() || process.holds.has(thread) || is_in_guard(process, thread)
}

/// Whether the thread is in a guard's function.
pub(crate) fn is_in_guard(process: &Process, thread: usize) -> bool {
    process.table().guards().any(|guard| guard.is_on(thread))
}

/// Whether the hooks have run, and the thread does not wait for the end in `hold`. While another thread's exit goes on, it does: but not
/// for ever, since an exit handler may wait for it.
fn passes(process: &Process, thread: usize) -> bool {
    let has_time = || process.is_lingering.load(Ordering::Relaxed) || process.exit_lasts.load(Ordering::Relaxed);
    process.is_over(thread) && (process.is_requester(thread) || has_time())
}

/// Holds the end up. Where the last hooks have run, it waits for the end instead, unless the thread [`passes`].
pub(crate) fn hold(process: &'static Process) -> Held {
    let thread = sys::thread_token();
    let mut held = Held { process, thread, at: None };
    let mut looks = 0;
    while !is_waited_for(process, thread) && !passes(process, thread) {
        held.at = process.holds.begin(thread, sys::cached_thread_id());
        let state = process.advance(Event::Hold).unwrap_or_else(|state| state);
        match held.at {
            Some(_) if state.stage() < Stage::Closed => break,
            Some(at) => {
                process.holds.end(at, thread);
                held.at = None;
                wake_awaiting(process);
                // For an exit that goes on, the word stays.
                sys::wait(process.word(), state.to_bits(), Some(POLL));
                looks += u32::from(process.exit_goes_on.load(Ordering::Relaxed));
                if looks == LOOKS {
                    process.exit_lasts.store(true, Ordering::Relaxed);
                }
            }
            None => std::thread::yield_now(),
        }
    }
    held
}

/// Waits until no other thread holds the end up. A supervisor can end this wait: see [`abandon_all`].
pub(crate) fn wait_for_holds(process: &Process) {
    process.is_awaiting_calls.store(true, Ordering::SeqCst);
    loop {
        let over = process.calls_over.load(Ordering::Acquire);
        if !process.holds.are_there() || !fork::is_current(process) {
            return;
        }
        sys::wait(&process.calls_over, over, None);
    }
}

/// Waits for the calls of other threads. A supervisor can end this wait: see [`abandon_all`].
pub(crate) fn wait(process: &Process, thread: usize) {
    process.is_awaiting_calls.store(true, Ordering::SeqCst);
    loop {
        let over = process.calls_over.load(Ordering::Acquire);
        let fault = process.fault.load(Ordering::SeqCst);
        let faults = fault != 0 && fault & !FAULT_RECURS != thread;
        // A child that a hook forked has none of its parent's other threads.
        if process.table().guards().next().is_none() && !faults || !fork::is_current(process) {
            return;
        }
        let recurs = faults && fault & FAULT_RECURS != 0;
        wait_for_call(process, over, if recurs { fault } else { 0 });
    }
}

/// Waits until one more call is over. A `fault` that is to recur, or zero, is forgotten if it has not recurred in time.
fn wait_for_call(process: &Process, over: u32, fault: usize) {
    let recurs = fault & FAULT_RECURS != 0;
    sys::wait(&process.calls_over, over, recurs.then_some(RECURRENCE));
    if recurs && process.calls_over.load(Ordering::Relaxed) == over {
        let _ = process.fault.compare_exchange(fault, 0, Ordering::SeqCst, Ordering::Relaxed);
    }
}

/// Abandons all calls: the deadline has passed.
pub(crate) fn abandon_all(process: &Process) {
    process.table().abandon_guards(|_| true);
    process.fault.store(0, Ordering::SeqCst);
    abandon_holds(process);
}

/// Abandons the threads that hold the end up: the deadline has passed.
#[inline(never)]
pub(crate) fn abandon_holds(process: &Process) {
    process.holds.abandon(|_, _| true);
    wake_awaiting(process);
}

/// This thread is in the handler of a fault. Whether it is the only one there: if so, [`end_fault`] has to follow. Waits for
/// another thread that faulted before; a fault in a hook of a fault does not.
pub(crate) fn begin_fault(process: &Process, thread: usize) -> bool {
    loop {
        let over = process.calls_over.load(Ordering::Acquire);
        match process.fault.compare_exchange(0, thread, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => return true,
            Err(other) if other & !FAULT_RECURS == thread => return false,
            Err(other) => {
                process.is_awaiting_calls.store(true, Ordering::SeqCst);
                if process.fault.load(Ordering::SeqCst) == other {
                    wait_for_call(process, over, other);
                }
            }
        }
    }
}

/// The hooks of the fault have run. If it `recurs`, the end waits for that a little.
pub(crate) fn end_fault(process: &Process, thread: usize, recurs: bool) {
    process.fault.store(if recurs { thread | FAULT_RECURS } else { 0 }, Ordering::SeqCst);
    wake_awaiting(process);
}
