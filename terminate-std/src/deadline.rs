//! The deadline: what ends the process when a hook does not return.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::ending;
use crate::{Cause, Signal, conduct, entry, panics, sys};

/// In nanoseconds; zero for none.
static DEADLINE: AtomicU64 = AtomicU64::new(0);
/// The process that has a thread for it.
static STARTED: AtomicI32 = AtomicI32::new(0);

/// Starts the thread that watches the time, which it does from [`set`] on.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start() -> std::io::Result<()> {
    if STARTED.load(Ordering::Relaxed) == sys::pid() {
        return Ok(());
    }
    ending::set_timed();
    sys::spawn_undisturbed("terminate-deadline", watch)?;
    STARTED.store(sys::pid(), Ordering::Relaxed);
    Ok(())
}

/// Puts a deadline into force.
pub(crate) fn set(deadline: Duration) {
    let nanoseconds = u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX);
    DEADLINE.store(nanoseconds.max(1), Ordering::Relaxed);
}

fn watch() {
    loop {
        let state = ending::state();
        let deadline = Duration::from_nanos(DEADLINE.load(Ordering::Relaxed));
        if !state.is_running() || deadline.is_zero() {
            ending::wait(state, None);
            continue;
        }
        let begun = Instant::now();
        // The last ones are part of it.
        while ending::state().is_running() {
            match deadline.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
                Some(left) => ending::wait(ending::state(), Some(left)),
                None => end(state.cause(), deadline),
            }
        }
    }
}

/// As the cause says, but at once.
fn end(cause: Cause, deadline: Duration) -> ! {
    let hook = entry::describe_current().unwrap_or_else(|| "cleanup".into());
    sys::message(&format!("terminate: {hook} did not return within {deadline:?}; ending without it\n"));
    match cause {
        Cause::Panic if panics::abort() => sys::die_by(Signal::ABRT),
        Cause::Panic => sys::exit_now(panics::STATUS),
        cause => match Signal::of(cause) {
            Some(signal) => ending::end_at_once(signal),
            None => sys::exit_now(conduct::exit_status().unwrap_or(1)),
        },
    }
}
