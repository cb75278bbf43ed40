//! Ends that the program requests itself: `exit`, a panic, `request`, `exit_with_signal`.

use std::io;

use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::{calls, fork, outcome, runner_thread, supervise, threads};
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::exit_status::ExitStatus;
use crate::types::signal::Signal;

/// Has the process end for that reason, and waits until the hooks have run. Then this thread ends the process. If the process
/// ends already, this does not return, unless the thread is in the previous handler, or the first cause leaves the end to it.
pub(crate) fn request_and_wait(process: &'static Process, end: End) {
    calls::abandon_guards_here(process);
    loop {
        let state = process.state();
        if state.is_ending() {
            // In a hook: the runner does not wait for itself.
            if let Some(runner) = Runner::here(process) {
                return leave_hook(&runner);
            }
            if process.advance(Event::SkipGrace).is_ok() {
                sys::wake(process.word());
            }
            if !(threads::is_starting(process, Mask::current) && begin_here(process)) {
                supervise::until_done(process, Mask::current());
            }
            return end_after_another_request(process, end);
        }
        process.note_requested(process.interest(Signal::from_raw(0), false).all);
        if let Ok(state) = process.advance_from(state, Event::Request(end, 0)) {
            process.set_requester(sys::thread_token());
            run_or_wait(process, state);
            return;
        }
    }
}

/// Returns when the hooks have run: whether this thread has run them, and nothing else ends the process.
fn run_or_wait(process: &'static Process, state: State) -> bool {
    if state.stage() == Stage::Running {
        // In place.
        finish_here(&Runner::new(process, 0));
        return true;
    }
    if let Some(runner) = Runner::here(process) {
        // A hook of an interrupt requested the end.
        run_left(&runner, state);
        return false;
    }
    sys::wake(process.word());
    // The system may have no thread to give, or this thread is to be the runner itself: then it runs the hooks.
    let lacks_runner = || threads::is_starting(process, Mask::current) || runner_thread::start(process).is_err();
    let runs_here = lacks_runner() && begin_here(process);
    if !runs_here {
        supervise::until_done(process, Mask::current());
    }
    runs_here
}

/// Runs the hooks on this thread, unless the runner has begun. Whether this thread has run them.
#[inline(never)]
fn begin_here(process: &'static Process) -> bool {
    let begins = process.advance(Event::Run(0)).is_ok();
    if begins {
        finish_here(&Runner::new(process, 0));
    }
    begins
}

/// Runs the hooks on this thread, which supervises if another one has replaced it.
fn finish_here(runner: &Runner) {
    if runner.finish(None) == Err(Stopped::Replaced) {
        supervise::until_done(runner.process, Mask::current());
    }
}

/// The calling thread is in a hook, to which it does not come back: runs the hooks that are left, or has a successor run them.
fn run_left(runner: &Runner, state: State) {
    if state.is_in_place() {
        finish_here(runner);
    } else {
        supervise::replace_this_runner(runner);
    }
}

/// For a thread that wanted another end, and waited for the first one. Returns if that leaves the end to this thread.
fn end_after_another_request(process: &Process, wanted: End) {
    // Main may be in an exit because it panicked.
    let in_exit = wanted == End::Exit || process.exits.is_own_of(sys::thread_token());
    let state = process.state();
    match state.end() {
        End::Signal(_) | End::Request if outcome::is_left_to_requester(process, state, in_exit) => {
            // One thread goes on with its exit.
            if in_exit && !process.become_requester(sys::thread_token()) {
                sys::park();
            }
        }
        End::Signal(_) | End::Request => outcome::end_at_once(state),
        // The thread that panicked may be caught behind this one in `process::exit`.
        End::Panic if ends_by_any_panic(process) => sys::exit_now(outcome::PANIC_STATUS),
        _ => sys::park(),
    }
}

/// Whether a thread that panicked ends the process with 101: it unwinds, on whichever thread.
fn ends_by_any_panic(process: &Process) -> bool {
    process.settings().any_panic_ends && !process.panic_aborts.load(Ordering::Relaxed)
}

/// Ends the process by a signal that no other process sent. Its hooks run if any hook requests it.
pub(crate) fn end_by_signal(signal: Signal) -> ! {
    let Some(number) = signal.number().filter(|_| sys::signals::exists(signal.as_raw())) else {
        // There is no such signal: an orderly exit, with a code that no signal stands for.
        sys::exit(INVALID_SIGNAL)
    };
    let Some(process) = fork::own().filter(|process| !process.is_over(sys::thread_token())) else {
        sys::send_to_this_thread(signal);
        sys::die_by(signal)
    };
    let runner = Runner::here(process);
    if let Some(runner) = &runner {
        leave_hook(runner);
    }
    calls::abandon_guards_here(process);
    loop {
        let (state, interest) = process.look(signal, true);
        if state.is_ending() {
            request_and_wait(process, End::Signal(number));
            if runner.is_some() {
                // In the previous handler.
                end_after_another_request(process, End::Signal(number));
            }
            sys::send_to_this_thread(signal);
            sys::die_by(signal)
        }
        let is_interrupting = state.stage() == Stage::Interrupting;
        // A hook of an interrupt that ends the process makes it an end for all hooks.
        if interest.is_requested || is_interrupting && runner.is_some() {
            process.note_requested(interest.all);
            if let Ok(state) = process.advance_from(state, Event::Request(End::Signal(number), interest.outcome())) {
                process.is_own_end.store(true, Ordering::Relaxed);
                // This thread cannot go on before the hooks have run.
                let _ = process.advance(Event::SkipGrace);
                let runs_here = run_or_wait(process, state);
                if !fork::is_current(process) {
                    // A child that a hook forked.
                    outcome::end_child(process);
                } else if runs_here {
                    outcome::end(process);
                }
                sys::park()
            }
        } else if is_interrupting {
            sys::wait(process.word(), state.to_bits(), None);
        } else if process.advance_from(state, Event::RequestWithoutHooks(number)).is_ok() {
            process.is_own_end.store(true, Ordering::Relaxed);
            let runner = Runner::new(process, 0);
            if process.close_without_hooks(signal) {
                runner.run_all();
            }
            let _ = runner.finish_closed();
            sys::send_to_this_thread(signal);
            sys::die_by(signal)
        }
    }
}

/// Has the process end with that status, unless it ends already, and returns.
///
/// # Errors
///
/// If the system has no thread for the runner.
pub(crate) fn request(process: &'static Process, status: ExitStatus) -> io::Result<()> {
    runner_thread::start(process)?;
    process.note_requested(process.interest(Signal::from_raw(0), false).all);
    if process.advance(Event::Request(End::Request, ExitStatus::to_bits(Some(status)))).is_ok() {
        sys::wake(process.word());
    }
    Ok(())
}

/// The exit code of [`exit_with_signal`](crate::exit_with_signal) for a number that is no signal.
pub(crate) const INVALID_SIGNAL: i32 = 255;

/// The calling thread, in a hook, ends the process: the first cause stays, the hooks that are left run, and this hook does not
/// go on. Returns if the thread is in no hook of an end: then it is the previous handler that ends the process, in its own way.
pub(crate) fn leave_hook(runner: &Runner) {
    let (process, state) = (runner.process, runner.process.state());
    match state.stage() {
        Stage::Requested | Stage::Running | Stage::Closed => {
            run_left(runner, state);
            end_after_last_hook(process)
        }
        Stage::Chaining => finish_here(runner),
        Stage::Alive | Stage::Interrupting | Stage::Done => {}
    }
}

/// This thread has run the last hook, and was in one of them: it does what the cause demands of it.
fn end_after_last_hook(process: &'static Process) -> ! {
    if !process.is_requester(sys::thread_token()) {
        outcome::end(process)
    }
    match (process.state().end(), process.exits.first()) {
        (end @ (End::Exit | End::Panic), Some(exit)) if !process.panic_aborts.load(Ordering::Relaxed) => {
            // One that the system does not tell is lost.
            sys::exit_again(exit.status.unwrap_or(if end == End::Panic { outcome::PANIC_STATUS } else { 0 }))
        }
        (End::Panic, _) if ends_by_any_panic(process) => sys::exit_now(outcome::PANIC_STATUS),
        _ => sys::die_by(Signal::ABRT),
    }
}
