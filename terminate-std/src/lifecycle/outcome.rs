//! How the process ends, once the word is `Done`.

use std::thread;
use std::time::Duration;

use super::fork;
use super::process::Process;
use super::state::{End, State};
use crate::sys;
use crate::types::exit_status::ExitStatus;
use crate::types::signal::Signal;

/// How long other exit handlers and the C library may take, where the hooks have run and the exit code is ours. glibc 2.41 waits
/// there for a stream that another thread reads from.
const EXIT_HANDLERS: Duration = Duration::from_secs(2);

/// The status with which Rust's runtime ends a program whose main panicked.
pub(crate) const PANIC_STATUS: i32 = 101;

/// The runner's last step. A signal ends the process here; otherwise the requester does.
pub(crate) fn end(process: &Process) -> ! {
    let state = process.state();
    let End::Signal(number) = state.end() else { sys::park() };
    match status(state).code(number.into()) {
        Some(code) if process.exit_status().is_none() && !state.is_in_place() => exit_in_time(code),
        _ => end_at_once(number.into(), state),
    }
}

/// Exits with that code. Another thread may wait for this one in an exit handler, or this one for that in the C library: then the
/// process ends all the same.
pub(crate) fn exit_in_time(code: i32) -> ! {
    let limit = move || {
        thread::sleep(EXIT_HANDLERS);
        sys::exit_now(code);
    };
    // Without a thread it has no limit.
    let _ = sys::spawn_masked("terminate-exit", Box::new(limit));
    sys::exit(code)
}

/// Ends the process as the hooks want it after that signal, and runs nothing else. This is async-signal-safe.
pub(crate) fn end_at_once(signal: Signal, state: State) -> ! {
    match status(state).code(signal) {
        Some(code) => sys::exit_now(code),
        None => sys::die_by(signal),
    }
}

fn status(state: State) -> ExitStatus {
    ExitStatus::from_bits(state.outcome())
}

/// Ends a child that one of the runner's hooks forked, and that returned from the hook: there is nothing to return to. It ends
/// as its parent does; if it has hooks of its own, they run. No exit handler of others runs: the C library, as the child has
/// it, may believe that a thread of the parent is in `exit`.
pub(crate) fn end_child(parent: &Process) -> ! {
    let (state, has_hooks) = (parent.state(), fork::own().is_some());
    match Signal::of(state.cause()) {
        Some(signal) if has_hooks => {
            // The handler finds the child's own hooks.
            sys::send_to_this_thread(signal);
            sys::park()
        }
        Some(signal) => end_at_once(signal, state),
        None => {
            let status = parent.exit_status().unwrap_or(PANIC_STATUS);
            if has_hooks {
                sys::call_on_exit(status);
            }
            sys::exit_now(status)
        }
    }
}
