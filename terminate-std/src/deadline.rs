//! The deadline: what ends the process when a hook does not return.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::ending;
use crate::line::Line;
use crate::state::{Phase, State};
use crate::{Cause, Signal, conduct, decided, entry, panics, sys};

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
    if STARTED.load(Ordering::Relaxed) == sys::process() {
        return Ok(());
    }
    ending::set_awaited();
    sys::spawn_undisturbed("terminate-deadline", watch)?;
    STARTED.store(sys::process(), Ordering::Relaxed);
    Ok(())
}

/// Starts it in a forked child too, if there is a deadline.
///
/// # Errors
///
/// As for [`start`].
pub(crate) fn keep() -> std::io::Result<()> {
    if DEADLINE.load(Ordering::Relaxed) == 0 { Ok(()) } else { start() }
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
        if !state.runs_hooks() || deadline.is_zero() {
            ending::wait(state, None);
            continue;
        }
        let (begun, pass) = (Instant::now(), ending::passes());
        while goes_on(state, pass) {
            match deadline.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
                Some(left) => ending::wait(ending::state(), Some(left)),
                None => end(state.cause(), deadline),
            }
        }
    }
}

/// Whether what that state and pass began is under way still.
fn goes_on(begun: State, pass: u32) -> bool {
    let now = ending::state();
    if begun.is_running() && !cfg!(terminate_seed_bug = "deadline_anew") {
        // An end is not taken back: the last ones are part of it, and whatever runs when another thread goes on in the
        // conductor's place.
        return now.is_ending() && now.phase() != Phase::Done;
    }
    // But a phase that goes back to `ALIVE` may come again, in the same state.
    now.runs_hooks() && ending::passes() == pass
}

/// As the cause says, but at once.
fn end(cause: Cause, deadline: Duration) -> ! {
    let line = entry::describe_current(Line::new("terminate: "));
    line.and(&format!(" did not return within {deadline:?}; ending without it")).write();
    match cause {
        Cause::Panic if panics::abort() => sys::die_by(Signal::ABRT),
        Cause::Panic => sys::exit_now(panics::STATUS),
        cause => match Signal::of(cause) {
            Some(signal) => decided::end_at_once(signal),
            None => sys::exit_now(conduct::exit_status().unwrap_or(1)),
        },
    }
}
