//! An end or an interrupt, if all hooks are handler-safe. The hooks run in the handler, on the thread that the signal hits. No
//! other thread is needed.
//!
//! All of this is async-signal-safe, as far as the hooks are.

use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::{fork, outcome};
use crate::sys::{Action, Delivery};

/// The word has just become `Running` or `Interrupting`, and this thread is the runner.
pub(crate) fn begin(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    // Signals are blocked meanwhile, unless enough of them are to end the process.
    if process.can_be_forced() {
        delivery.unmasked(|| run(process, begun, delivery))
    } else {
        run(process, begun, delivery)
    }
}

fn run(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    let is_interrupt = begun.stage() == Stage::Interrupting;
    let result = if is_interrupt { run_interrupt(process, delivery) } else { run_end(process, begun, delivery) };
    let state = process.state();
    match (result, state.end()) {
        (Ok(()), End::Signal(number)) if state.is_ending() => outcome::end_at_once(number.into(), state),
        // The program goes on, or the thread that requested the end ends the process.
        (Ok(()) | Err(Stopped::Replaced), _) => Action::Return,
        // A child that a hook forked. The interrupted code goes on.
        (Err(Stopped::Forked), _) if is_interrupt => Action::Return,
        // It ends as its parent does; if it has hooks of its own, they run.
        (Err(Stopped::Forked), End::Signal(_)) if fork::own().is_some() => Action::Redeliver,
        (Err(Stopped::Forked), End::Signal(number)) => outcome::end_at_once(number.into(), state),
        (Err(Stopped::Forked), _) => Action::Chain,
    }
}

fn run_end(process: &'static Process, begun: State, delivery: &Delivery) -> Result<(), Stopped> {
    Runner::new(process, begun.epoch()).finish(Some(delivery))
}

fn run_interrupt(process: &'static Process, delivery: &Delivery) -> Result<(), Stopped> {
    if Runner::new(process, 0).interrupt(Some(delivery))? {
        return Ok(());
    }
    let begun = Runner::new(process, 0).advance(Event::Run(0))?;
    run_end(process, begun, delivery)
}
