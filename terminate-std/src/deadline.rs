//! The deadline: what ends the process when a hook does not return.

use std::time::{Duration, Instant};

use crate::ending::{self, Phase};
use crate::{Cause, Signal, conduct, entry, panics, sys};

/// Starts the thread that watches the time.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start(deadline: Duration) -> std::io::Result<()> {
    ending::set_timed();
    sys::spawn_undisturbed("terminate-deadline", move || watch(deadline))
}

fn watch(deadline: Duration) {
    loop {
        let state = ending::state();
        if state.phase() != Phase::Running {
            ending::wait(state, None);
            continue;
        }
        let begun = Instant::now();
        while ending::state() == state {
            match deadline.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
                Some(left) => ending::wait(state, Some(left)),
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
