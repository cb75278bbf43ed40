//! Ends that the program requests itself: `exit`, a panic, `exit_with_signal`.

use terminate_core::Triggers;

use super::process::Process;
use super::runner::Runner;
use super::state::{End, Event, Stage, State};
use super::{calls, fork, outcome, runner_thread, supervise};
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// Has the process end for that reason, unless it ends already, and waits until the hooks have run. Whether this thread's
/// request began the end: then this thread ends the process.
pub(crate) fn request_and_wait(process: &'static Process, end: End) -> bool {
    calls::abandon_guards_here(process);
    loop {
        let state = process.state();
        if state.is_ending() {
            // In a hook: the runner does not wait for itself.
            if let Some(runner) = Runner::here(process) {
                leave_hook(&runner);
                return true;
            }
            if process.advance(Event::SkipGrace).is_ok() {
                sys::wake(process.word());
            }
            supervise::until_done(process);
            return false;
        }
        process.note_requested(process.interest(Signal::from_raw(0)).all);
        if let Ok(state) = process.advance_from(state, Event::Request(end, 0)) {
            process.set_requester(sys::thread_token());
            run_or_wait(process, state);
            return true;
        }
    }
}

fn run_or_wait(process: &'static Process, state: State) {
    match state.stage() {
        // In place: this thread is the runner.
        Stage::Running => _ = Runner::new(process, 0).finish(),
        // A hook of an interrupt requested the end: this thread does not come back to it.
        _ if let Some(runner) = Runner::here(process) => {
            if state.is_in_place() {
                let _ = process.advance(Event::Run(runner.epoch()));
                let _ = runner.finish();
            } else {
                if let Ok(state) = process.advance(Event::Lose(runner.epoch())) {
                    supervise::start_successor(process, state, Mask::current());
                }
                supervise::until_done(process);
            }
        }
        // Another thread runs the hooks of an interrupt in its handler, and goes on with the end.
        _ if state.is_in_place() => supervise::until_done(process),
        _ => {
            if !is_finished_without_hooks(process) {
                hand_to_runner(process);
                supervise::until_done(process);
            }
        }
    }
}

fn hand_to_runner(process: &'static Process) {
    sys::wake(process.word());
    if runner_thread::start(process).is_err() && process.advance(Event::Run(0)).is_ok() {
        // The system has no thread to give: this thread runs the hooks.
        let _ = Runner::new(process, 0).finish();
    }
}

/// Where there is nothing to run, no thread is woken or started for it.
fn is_finished_without_hooks(process: &'static Process) -> bool {
    let registry = &process.table().registry;
    // The runner may be in a hook of an interrupt.
    let is_idle =
        registry.is_empty() && !process.has_runner() && process.wakers.is_empty() && !process.table().has_guards();
    if !is_idle || process.advance(Event::Run(0)).is_err() {
        return false;
    }
    let runner = Runner::new(process, 0);
    let _ = runner.close();
    if registry.is_empty() {
        let _ = runner.finish_closed();
        return true;
    }
    // A hook came at the last moment.
    if let Ok(state) = process.advance(Event::Lose(0)) {
        supervise::start_successor(process, state, Mask::current());
    }
    supervise::until_done(process);
    true
}

/// For a thread that waited for the end of another one's request.
pub(crate) fn end_after_another_request(process: &Process) -> ! {
    let state = process.state();
    match state.end() {
        End::Signal(number) => outcome::end_at_once(number.into(), state),
        // The thread that panicked may be caught behind this one in `process::exit`.
        End::Panic if process.settings.any_panic_ends.load(Ordering::Relaxed) => sys::exit_now(outcome::PANIC_STATUS),
        _ => sys::park(),
    }
}

/// Ends the process by a signal that no other process sent. Its hooks run if any hook requests it.
pub(crate) fn end_by_signal(signal: Signal) -> ! {
    let Some(number) = signal.number() else {
        // There is no such signal: an orderly exit, with a code that no signal stands for.
        sys::exit(INVALID_SIGNAL)
    };
    let Some(process) = fork::own() else {
        sys::send_to_this_thread(signal);
        sys::die_by(signal)
    };
    if let Some(runner) = Runner::here(process) {
        leave_hook(&runner);
    }
    process.records.forget(signal);
    calls::abandon_guards_here(process);
    loop {
        let state = process.state();
        let interest = process.interest(signal);
        if state.is_ending() {
            request_and_wait(process, End::Exit);
            end_after_another_request(process);
        }
        // A hook of an interrupt that ends the process makes it an end for all hooks.
        let is_in_interrupt = state.stage() == Stage::Interrupting && Runner::here(process).is_some();
        if interest.is_requested || is_in_interrupt {
            process.note_requested(interest.all);
            if let Ok(state) = process.advance_from(state, Event::Request(End::Signal(number), interest.outcome())) {
                run_or_wait(process, state);
                if state.is_in_place() { outcome::end(process) } else { sys::park() }
            }
        } else if state.stage() == Stage::Interrupting {
            sys::wait(process.word(), state.to_bits(), None);
        } else if process.advance_from(state, Event::RequestWithoutHooks(number)).is_ok() {
            let runner = Runner::new(process, 0);
            process.table().registry.close();
            let _ = runner.finish_closed();
            sys::send_to_this_thread(signal);
            sys::die_by(signal)
        }
    }
}

/// The exit code of [`exit_with_signal`](crate::exit_with_signal) for a number that is no signal.
pub(crate) const INVALID_SIGNAL: i32 = 255;

/// The calling thread, in a hook, ends the process: the first cause stays, the hooks that are left run, and this hook does not
/// go on. Returns if the thread is in no hook of an end: then it is the previous handler that ends the process, in its own way.
pub(crate) fn leave_hook(runner: &Runner) {
    let process = runner.process;
    let state = process.state();
    match state.stage() {
        Stage::Requested | Stage::Running | Stage::Closed => {
            if state.is_in_place() {
                // If the end was requested in the middle of an interrupt, its hooks have not begun.
                let _ = process.advance(Event::Run(runner.epoch()));
                let _ = runner.finish();
            } else {
                supervise::replace_this_runner(runner);
            }
            end_after_last_hook(process)
        }
        Stage::Chaining => {
            let _ = runner.close();
            runner.run(Triggers::ALWAYS, state.cause());
            let _ = runner.finish_closed();
        }
        Stage::Alive | Stage::Interrupting | Stage::Done => {}
    }
}

/// This thread has run the last hook, and was in one of them: it does what the cause demands of it.
fn end_after_last_hook(process: &Process) -> ! {
    if !process.is_requester(sys::thread_token()) {
        outcome::end(process)
    }
    match (process.exit_status(), process.is_exiting()) {
        (Some(status), _) => sys::exit_again(status),
        (None, true) => sys::exit_again(0),
        _ if process.state().end() == End::Panic && process.settings.any_panic_ends.load(Ordering::Relaxed) => {
            sys::exit_now(outcome::PANIC_STATUS)
        }
        _ => sys::die_by(Signal::ABRT),
    }
}
