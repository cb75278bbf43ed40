//! What a signal does: from the kernel's delivery to the [`Action`] that the platform carries out.
//!
//! | signal | where the runner runs the hooks | where they run in place |
//! | --- | --- | --- |
//! | requested by a hook | the word moves to `Requested`, the runner wakes; with a grace, the previous handler is called | the hooks run here, and the process ends |
//! | a function is for it (`interrupt::on`) | the listener wakes, the previous handler is called | the same |
//! | requested as an interrupt | the word moves to `Interrupting`, the runner wakes | (an interrupt needs a runner) |
//! | requested, during an end | counted for `force_after` | the same |
//! | requested by no hook | does what it did before; if the process dies by it, the word moves to `Closed` | the same |
//! | `SIGABRT` raised by this thread | this thread waits for the runner, then dies by it | the hooks run here, then it dies by it |
//! | a fault of this thread | the handler-safe hooks that request it run here, then it recurs | the same |
//!
//! One look at the hooks ([`Table::interest`](super::table::Table::interest)) decides everything about a signal. The exchange that
//! follows fails if an interrupt came and went since then, which may have run the hook that decided.
//!
//! All of this is async-signal-safe, as far as the hooks are.

use terminate_core::{Cause, Context, SignalNumber, Triggers};

use super::process::Process;
use super::runner::{self, Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::table::Interest;
use super::{calls, fork, listen, outcome, supervise, threads};
use crate::sys::{self, Action, Delivery};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// For the platform: decides about one delivery.
pub(crate) fn deliver(delivery: &Delivery) -> Action {
    let (Some(process), Some(number)) = (fork::own(), delivery.signal.number()) else {
        // A forked child, before it has hooks of its own.
        return Action::Chain;
    };
    let own = delivery.signal.as_raw().cast_unsigned();
    if delivery.is_late() {
        hurry(process);
        Action::Return
    } else if Runner::here(process).is_some()
        && process.own_signal.compare_exchange(own, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    {
        delivery.call_previous();
        Action::Return
    } else if process.interrupting.load(Ordering::Relaxed) == own && delivery.is_own() {
        // It has interrupted a call, which is all that it was for.
        process.interrupting.store(0, Ordering::Relaxed);
        Action::Return
    } else if delivery.signal == Signal::ABRT && delivery.is_raised() {
        abort(process, delivery)
    } else if Signal::FAULTS.contains(delivery.signal) && !delivery.is_sent() {
        fault(process, number, delivery)
    } else {
        orderly(process, number, delivery)
    }
}

/// The system is about to end the process: ends the grace, or names the hook for which the end waits.
fn hurry(process: &Process) {
    if process.advance(Event::SkipGrace).is_ok() {
        sys::wake(process.word());
    } else if process.settings().notice_after.is_some() {
        supervise::report_waiting(process);
    }
}

/// A signal that requests an end, or interrupts the program.
fn orderly(process: &'static Process, number: SignalNumber, delivery: &Delivery) -> Action {
    let signal = delivery.signal;
    if process.listeners.has(signal) {
        return notify(process, delivery);
    }
    loop {
        let (state, interest) = process.look(signal, false);
        if state.is_ending() {
            return during_end(process, state, signal, &interest);
        }
        if !interest.is_requested {
            if !delivery.is_deadly() {
                return Action::Chain;
            }
            // A thread that begins a `hold` sees this, or this sees that thread.
            match process.advance_from(state, Event::RequestWithoutHooks(number)) {
                Err(now) if now != state => continue,
                _ => return Action::Die,
            }
        }
        if state.stage() == Stage::Interrupting && interest.interrupts() {
            // One interrupt at a time is enough, until the program is notified.
            return count(process, signal);
        }
        // The owners that count are those of this moment. In place no owner is waited for.
        keep(process, delivery, state.needs_runner() && sys::is_shared(signal));
        let event = if interest.interrupts() {
            Event::Interrupt
        } else {
            process.note_requested(interest.all);
            Event::Request(End::Signal(number), interest.outcome())
        };
        match process.advance_from(state, event) {
            Err(_) => {}
            Ok(begun) if begun.is_in_place() => return end_here(process, begun, delivery),
            Ok(begun) => {
                sys::wake(process.word());
                // The owner of another handler has the grace too.
                if begun.is_ending() && !supervise::configured_grace(process).is_zero() && process.takes_previous() {
                    delivery.call_previous();
                }
                return Action::Return;
            }
        }
    }
}

/// A signal that ends nothing. The program still gets it during a grace, and then no more.
fn notify(process: &Process, delivery: &Delivery) -> Action {
    let (state, signal) = (process.state(), delivery.signal);
    if state.is_ending() && process.was_requested(signal) {
        let _ = count(process, signal);
    }
    if state.stage() <= Stage::Requested {
        keep(process, delivery, false);
        listen::notify(process, signal);
        delivery.call_previous();
    }
    Action::Return
}

/// Runs the hooks, which are all handler-safe, and ends the process. Signals are blocked meanwhile, unless enough of them are to
/// end the process.
fn end_here(process: &'static Process, begun: State, delivery: &Delivery) -> Action {
    let run = || Runner::new(process, begun.epoch()).finish(Some(delivery));
    let may_force = process.settings().force_after > 0;
    match if may_force { delivery.unmasked(run) } else { run() } {
        // A thread that aborts has taken this one's place.
        Err(Stopped::Replaced) => Action::Return,
        // A child that a hook forked. It ends as its parent does; if it has hooks of its own, they run.
        Err(Stopped::Forked) if fork::own().is_some() => Action::Redeliver,
        _ => outcome::end_at_once(begun),
    }
}

fn during_end(process: &Process, state: State, signal: Signal, interest: &Interest) -> Action {
    // A signal that was sent while the hooks ran may be delivered after the last hook, before the exit goes on.
    let is_over = state.stage() == Stage::Done && process.exit_goes_on.load(Ordering::Relaxed);
    // A hook that came since then may request it too.
    let is_requested = process.was_requested(signal) || interest.is_requested;
    if is_over || !is_requested { Action::Chain } else { count(process, signal) }
}

/// Counts a requested signal during the end.
fn count(process: &Process, signal: Signal) -> Action {
    let force_after = process.settings().force_after;
    let n = process.during.fetch_add(1, Ordering::Relaxed) + 1;
    if force_after > 0 && n >= force_after { sys::die_by(signal) } else { Action::Return }
}

fn keep(process: &Process, delivery: &Delivery, is_shared: bool) {
    if let Some(info) = delivery.info() {
        process.records.keep(delivery.signal, info, is_shared);
    }
}

/// `abort()`, or a `SIGABRT` that this process sent to this thread: the thread cannot go on.
fn abort(process: &'static Process, delivery: &Delivery) -> Action {
    let thread = sys::thread_token();
    loop {
        let (state, interest) = process.look(delivery.signal, false);
        let runner = Runner::here(process);
        if state.stage() == Stage::Done {
            if process.is_requester(thread) || runner.is_some() {
                // An aborting panic whose hooks have run, or an exit handler that aborts.
                die_after_previous(process, delivery);
            }
            if process.goes_on_after_end() {
                return Action::Chain;
            }
        } else if let Some(runner) = runner {
            // In a hook or in the previous handler. The handler-safe hooks that are left run, and the process dies of it.
            process.table().registry.close();
            runner.run(Triggers::ALWAYS, state.cause(), Context::Handler);
            die_after_previous(process, delivery);
        }
        let is_requested = if state.is_ending() { process.was_requested(Signal::ABRT) } else { interest.is_requested };
        if !is_requested {
            return Action::Chain;
        }
        calls::abandon_guards_here(process);
        if state.is_ending() {
            if process.advance(Event::SkipGrace).is_ok() {
                sys::wake(process.word());
            }
            break;
        }
        keep(process, delivery, false);
        process.note_requested(interest.all);
        if let Ok(begun) = process.advance_from(state, Event::Request(End::Abort, interest.outcome())) {
            process.set_requester(thread);
            if begun.stage() == Stage::Running
                && Runner::new(process, 0).finish(Some(delivery)) == Err(Stopped::Forked)
                && fork::own().is_some()
            {
                // A child that a hook forked, with hooks of its own.
                return Action::Redeliver;
            }
            sys::wake(process.word());
            break;
        }
    }
    let state = process.state();
    // This thread may have begun the end, and not have become the runner yet: it must not wait for itself.
    let begins_here = state.stage() >= Stage::Running || threads::is_starting(process, || delivery.natural_mask());
    let run_here = state.stage() < Stage::Done && begins_here && !process.runner.is_running();
    let is_over =
        run_here && supervise::run_left_in_handler(process, state) || supervise::until_done_in_handler(process);
    if !is_over && !fork::is_current(process) {
        return Action::Chain;
    }
    if is_over || process.is_requester(thread) {
        // No other thread ends the process, or none that goes on.
        die_after_previous(process, delivery);
    }
    // The first cause decides.
    sys::park()
}

fn die_after_previous(process: &Process, delivery: &Delivery) -> ! {
    // Once: the previous handler may abort.
    if !process.is_dying.swap(true, Ordering::Relaxed) {
        delivery.call_previous();
    }
    sys::die_by(Signal::ABRT)
}

/// The thread cannot go on from where it is: runs the handler-safe hooks that request the signal, and lets the fault recur.
fn fault(process: &'static Process, number: SignalNumber, delivery: &Delivery) -> Action {
    keep(process, delivery, false);
    let thread = sys::thread_token();
    if let Some(runner) = Runner::here(process) {
        // No hook comes back from here, so all that can run in a handler run.
        runner.run(Triggers::ALWAYS, process.state().cause(), Context::Handler);
        return Action::Restore;
    }
    let is_first = calls::begin_fault(process, thread);
    let cause = Cause::Signal(number);
    runner::run(process, None, Triggers::only(cause), cause, Context::Handler);
    if is_first && fork::is_current(process) {
        calls::end_fault(process, thread, delivery.ends_when_it_recurs());
    }
    Action::Restore
}
