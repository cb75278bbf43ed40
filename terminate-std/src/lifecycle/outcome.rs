//! How the process ends, once the word is `Done`.

use std::thread;
use std::time::Duration;

use super::clock::Clock;
use super::process::Process;
use super::state::{End, State};
use super::{fork, threads};
use crate::storage::records::Arrival;
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::cause::Cause;
use crate::types::exit_status::ExitStatus;
use crate::types::signal::Signal;

/// How long other exit handlers and the C library may take, where the hooks have run and the exit code is ours. glibc 2.41 waits
/// there for a stream that another thread reads from.
const EXIT_HANDLERS: Duration = Duration::from_secs(2);

/// The status with which Rust's runtime ends a program whose main panicked.
pub(crate) const PANIC_STATUS: i32 = 101;

/// The last step of the thread that ran the hooks. A signal or a request ends the process here; otherwise the requester does.
pub(crate) fn end(process: &'static Process) -> ! {
    let state = process.state();
    if !state.end().is_ended_by_runner() {
        sys::park();
    }
    let is_shared = is_shared(process, state);
    if is_shared {
        linger(process);
    }
    if is_left_to_exit(process, state, is_shared) {
        sys::park();
    }
    match code(state) {
        Some(code) if process.exits.first().is_none() && !state.is_in_place() => exit_in_time(process, code),
        _ => end_at_once(state),
    }
}

/// The last arrival of the signal, unless the program has sent itself the one that ends it: then an earlier one means nothing.
pub(crate) fn arrival(process: &Process, signal: Signal) -> Option<Arrival> {
    let is_own = process.is_own_end.load(Ordering::Relaxed);
    process.records.arrival(signal).filter(|_| !is_own)
}

/// Whether another handler of the signal is there, and was there when the signal came: its owner may end the process in its own way. Not
/// for [`exit_with_signal`](crate::exit_with_signal), by which no signal comes, and not for signals of a failure: Rust's runtime handles
/// faults too.
#[inline(never)]
fn is_shared(process: &Process, state: State) -> bool {
    let End::Signal(number) = state.end() else { return false };
    let signal = Signal::from(number);
    let is_failure = signal == Signal::ABRT || Signal::FAULTS.contains(signal);
    let was_shared = || arrival(process, signal).is_some_and(|arrival| arrival.was_shared);
    !is_failure && was_shared() && sys::is_shared(signal)
}

/// Whether a thread in `exit` ends the process, and not the cause: another handler of the signal is there, the cause leaves the
/// status to the program, or demands that one.
fn is_left_to_exit(process: &Process, state: State, is_shared: bool) -> bool {
    process.exits.own().is_some_and(|exit| {
        is_shared || status(state) == ExitStatus::Main || code(state).is_some_and(|code| exit.status == Some(code))
    })
}

/// Whether a thread that has waited for the hooks ends the process in its own way: `in_exit`, or otherwise.
pub(crate) fn is_left_to_requester(process: &Process, state: State, in_exit: bool) -> bool {
    let is_shared = is_shared(process, state);
    is_shared || in_exit && is_left_to_exit(process, state, false)
}

/// Gives the owner of another handler time to end the process.
fn linger(process: &Process) {
    process.is_lingering.store(true, Ordering::Relaxed);
    let (state, mut clock) = (process.state(), Clock::default());
    while process.exits.own().is_none()
        && let Some(sleep) = clock.next_sleep((), process.settings().linger)
    {
        sys::wait(process.word(), state.to_bits(), Some(sleep));
    }
}

/// Exits with that code. Another thread may wait for this one in an exit handler, or this one for that in the C library: then the
/// process ends all the same.
pub(crate) fn exit_in_time(process: &'static Process, code: i32) -> ! {
    let limit = move || {
        thread::sleep(EXIT_HANDLERS);
        sys::exit_now(code);
    };
    // Without a thread it has no limit.
    let _ = threads::start(process, "terminate-exit", Box::new(limit));
    sys::exit(code)
}

/// Ends the process as the hooks or the request want it, and runs nothing else. This is async-signal-safe.
pub(crate) fn end_at_once(state: State) -> ! {
    match (code(state), Cause::from(state.cause()).signal()) {
        (None, Some(signal)) => sys::die_by(signal),
        (code, _) => sys::exit_now(code.unwrap_or(0)),
    }
}

/// With which code the process exits, as far as that is decided.
pub(crate) fn exit_code(process: &Process, state: State) -> Option<i32> {
    match state.end() {
        End::Exit => process.exits.first()?.status,
        End::Panic if process.panic_aborts.load(Ordering::Relaxed) => None,
        End::Panic => Some(PANIC_STATUS),
        End::Abort => None,
        End::Signal(_) | End::Request if status(state) == ExitStatus::Main => process.exits.own()?.status,
        End::Signal(_) | End::Request => code(state),
    }
}

/// The exit code of an end by a signal or a request, unless it is by the signal itself.
fn code(state: State) -> Option<i32> {
    match Cause::from(state.cause()).signal() {
        Some(signal) => status(state).code(signal),
        None => Some(status(state).code_of_exit()),
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
    match Cause::from(state.cause()).signal() {
        Some(signal) if has_hooks => {
            // The handler finds the child's own hooks.
            sys::send_to_this_thread(signal);
            sys::park()
        }
        Some(_) => end_at_once(state),
        None if state.end().is_ended_by_runner() => end_at_once(state),
        None => {
            // One that the system does not tell is taken for a success.
            let status = parent.exits.first().map_or(PANIC_STATUS, |exit| exit.status.unwrap_or(0));
            if has_hooks {
                sys::call_on_exit(status);
            }
            sys::exit_now(status)
        }
    }
}
