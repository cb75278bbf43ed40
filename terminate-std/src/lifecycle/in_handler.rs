//! An end or an interrupt, if all hooks are handler-safe. The hooks run in the handler, on the thread that the signal hits. No
//! other thread is needed.
//!
//! All of this is async-signal-safe, as far as the hooks are.

use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::{fork, outcome};
use crate::sys::{Action, Delivery};
use crate::types::atomic::Ordering;

/// The word has just become `Running` or `Interrupting`, and this thread is the runner.
pub(crate) fn begin(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    // Signals are blocked meanwhile, unless enough of them are to end the process.
    if process.settings.force_after.load(Ordering::Relaxed) > 0 {
        delivery.unmasked(|| run(process, begun, delivery))
    } else {
        run(process, begun, delivery)
    }
}

fn run(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    let mut begun = begun;
    if begun.stage() == Stage::Interrupting {
        let runner = Runner::new(process, 0);
        // The program goes on, also in a child that a hook forked.
        let Ok(false) = runner.interrupt(Some(delivery)) else { return Action::Return };
        // A thread requested an end meanwhile, and this one runs it.
        let Ok(end) = process.advance(Event::Run(0)) else { return Action::Return };
        begun = end;
    }
    let result = Runner::new(process, begun.epoch()).finish(Some(delivery));
    match (result, begun.end()) {
        (Ok(()), End::Signal(number)) => outcome::end_at_once(number.into(), begun),
        // The thread that requested the end ends the process.
        (Ok(()) | Err(Stopped::Replaced), _) => Action::Return,
        // A child that a hook forked. It ends as its parent does; if it has hooks of its own, they run.
        (Err(Stopped::Forked), End::Signal(_)) if fork::own().is_some() => Action::Redeliver,
        (Err(Stopped::Forked), End::Signal(number)) => outcome::end_at_once(number.into(), begun),
        (Err(Stopped::Forked), _) => Action::Chain,
    }
}
