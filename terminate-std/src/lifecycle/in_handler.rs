//! An end or an interrupt, if all hooks are handler-safe. The hooks run in the handler, on the thread that the signal hits. No
//! other thread is needed.
//!
//! All of this is async-signal-safe, as far as the hooks are.

use terminate_core::{Cause, Triggers};

use super::process::Process;
use super::runner::Runner;
use super::state::{End, Event, Stage, State};
use super::{fork, interrupt, outcome};
use crate::sys::{self, Action, Delivery};

/// The word has just become `Running` or `Interrupting`, and this thread is the runner.
pub(crate) fn begin(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    match begun.stage() {
        Stage::Interrupting => run_interrupt(process, delivery),
        _ => run_end(process, delivery),
    }
}

fn run_hooks(runner: &Runner, delivery: &Delivery, wanted: Triggers, cause: Cause) {
    // Signals are blocked meanwhile, unless enough of them are to end the process.
    if runner.process.can_be_forced() {
        delivery.unmasked(|| runner.run_in_handler(wanted, cause));
    } else {
        runner.run_in_handler(wanted, cause);
    }
}

fn run_end(process: &'static Process, delivery: &Delivery) -> Action {
    let runner = Runner::new(process, process.state().epoch());
    run_hooks(&runner, delivery, Triggers::ALWAYS, process.state().cause());
    match runner.begin_chaining() {
        Ok(()) => delivery.call_previous(),
        Err(_) => return stop(process),
    }
    // The previous handler may have forked.
    let process = fork::current();
    Runner::here(process).map_or_else(|| stop(process), |runner| close(&runner))
}

fn close(runner: &Runner) -> Action {
    let process = runner.process;
    let run_last = || {
        runner.close()?;
        runner.run_in_handler(Triggers::ALWAYS, process.state().cause());
        runner.finish_closed()
    };
    match run_last() {
        Ok(()) => end(process),
        Err(_) => stop(process),
    }
}

fn end(process: &Process) -> Action {
    let state = process.state();
    match state.end() {
        End::Signal(number) => outcome::end_at_once(number.into(), state),
        // The thread that requested the end ends the process.
        End::Exit | End::Panic | End::Abort => Action::Return,
    }
}

/// The hooks of an aborting thread: it calls the previous handler and dies afterwards.
pub(crate) fn finish(runner: &Runner, begun: State) {
    runner.run_in_handler(Triggers::ALWAYS, begun.cause());
    if runner.close().is_ok() {
        runner.run_in_handler(Triggers::ALWAYS, begun.cause());
        let _ = runner.finish_closed();
    }
}

fn run_interrupt(process: &'static Process, delivery: &Delivery) -> Action {
    let runner = Runner::new(process, 0);
    let (_, cause) = interrupt::SIGNAL_AND_CAUSE;
    run_hooks(&runner, delivery, Triggers::only(cause), cause);
    // In a child that a hook forked, the interrupted code goes on.
    if runner.check().is_err() {
        return Action::Return;
    }
    delivery.call_previous();
    let process = fork::current();
    if !fork::is_current(process) {
        return Action::Return;
    }
    process.unseat_runner(sys::thread_token());
    if process.advance(Event::Interrupted).is_ok() {
        process.forget_signals_during_interrupt();
        sys::wake(process.word());
        interrupt::raise(process);
        return Action::Return;
    }
    // An end was requested meanwhile, and this thread is to run it.
    match process.advance(Event::Run(0)) {
        Ok(_) => run_requested(process, delivery),
        Err(_) => Action::Return,
    }
}

/// As [`run_end`], for another signal than the one that this handler got, or for an `exit`.
fn run_requested(process: &'static Process, delivery: &Delivery) -> Action {
    let runner = Runner::new(process, 0);
    let state = process.state();
    run_hooks(&runner, delivery, Triggers::ALWAYS, state.cause());
    if let End::Signal(number) = state.end()
        && runner.begin_chaining().is_ok()
    {
        runner.call_previous(number.into());
    }
    close(&runner)
}

/// A hook forked, and this is the child: it ends as its parent does; if it has hooks of its own, they run.
fn stop(process: &'static Process) -> Action {
    let state = process.state();
    match state.end() {
        _ if fork::is_current(process) => Action::Return,
        End::Signal(_) if fork::own().is_some() => Action::Redeliver,
        End::Signal(number) => outcome::end_at_once(number.into(), state),
        End::Exit | End::Panic | End::Abort => Action::Chain,
    }
}
