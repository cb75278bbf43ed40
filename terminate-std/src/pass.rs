//! The passes that run in a handler, and the one that a fault begins.
//!
//! Everything in this file is async-signal-safe.

use terminate_core::{Context, SignalNumber};

use crate::ending::{begin_closing, conduct_from, is_conductor, resume, wait_in_a_hurry};
use crate::state::{Phase, State};
use crate::{Cause, Signal, calls, decided, registration, sys};

/// Runs, in a handler, what is left, until there is a watcher: the first ordinary hook comes then, and has its place among the
/// others, so the watcher is to go on from there. On the watcher, which cannot, it runs all.
#[inline(never)]
#[unsafe(link_section = "terminate_handler")]
pub(crate) fn run_until_there_is_a_watcher(cause: Cause) {
    let here = sys::is_watcher();
    let go_on = || here || !sys::is_watcher_started() || cfg!(terminate_seed_bug = "all_in_the_handler");
    let _ = registration::run_handler_safe_while(cause, go_on);
}

/// Runs, in a handler that nobody comes back from, what is left and can run there.
pub(crate) fn run_handler_safe(cause: Cause) {
    let _ = registration::run_all(cause, Context::Handler);
}

/// The hooks have run in a handler: nobody can register any more, and what was registered at the last moment runs.
pub(crate) fn close_in_handler(cause: Cause) {
    begin_closing();
    run_until_there_is_a_watcher(cause);
    calls::wait();
}

/// Runs, in a handler, what asked for the very signal and can run there.
pub(crate) fn run_asking(cause: Cause) {
    let _ = registration::run_asking(cause, Context::Handler);
}

/// The pass of a fault: nobody else starts an end meanwhile, nor later, if the fault is to end the process.
pub(crate) fn fault(number: SignalNumber, ends: bool) {
    let cause = Cause::Signal(number);
    loop {
        let Err(state) = conduct_from(State::ALIVE, Phase::Faulting, cause) else {
            run_asking(cause);
            if !ends {
                resume();
            }
            return;
        };
        match state.phase() {
            Phase::Done => return,
            // A hook faults: nobody comes back to the pass that called it.
            Phase::Running | Phase::Closing if is_conductor() => return run_handler_safe(state.cause()),
            Phase::Interrupting | Phase::Faulting if is_conductor() => return run_asking(cause),
            // The watcher, which is to take it up: for instance in a waker, as it tells the program.
            Phase::Requested | Phase::InterruptRequested if sys::is_watcher() => {
                let _ = take_up_at_once(state, cause);
            }
            _ => wait_in_a_hurry(state),
        }
    }
}

/// Takes up what was requested, on the watcher, which cannot go on from where it is. An interrupt ends the process then.
pub(crate) fn take_up_at_once(requested: State, cause: Cause) -> Result<(), State> {
    let cause = if requested.phase() == Phase::Requested { requested.cause() } else { cause };
    if let Some(signal) = Signal::of(cause) {
        decided::decide(signal);
    }
    conduct_from(requested, Phase::Running, cause)
}
