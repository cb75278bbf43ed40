//! The runner's thread: it waits for an end or an interrupt, and runs the hooks.
//!
//! It waits with all signals blocked but the faults. So signals go to the program's own threads, or stay pending if those
//! block them, as without us. It runs hooks with the mask of the thread that started it.

use std::io;

use terminate_core::Triggers;

use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage};
use super::supervise::{self, Clock};
use super::{fork, interrupt, outcome};
use crate::sys::raw_stderr::Line;
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// Starts the runner's thread, if there is none yet.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start(process: &'static Process) -> io::Result<()> {
    if process.runner.started.load(Ordering::Acquire) {
        return Ok(());
    }
    // Two threads may start two runners; one of these ends at once. Neither thread waits for the other.
    let natural = Mask::current();
    sys::spawn_masked("terminate", move || wait_for_work(process, natural))?;
    process.runner.started.store(true, Ordering::Release);
    Ok(())
}

fn wait_for_work(process: &'static Process, natural: Mask) {
    let waiting = &process.runner.waiting;
    if waiting.compare_exchange(0, sys::thread_id().cast_unsigned(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    loop {
        let state = process.state();
        match state.stage() {
            Stage::Interrupting if !state.is_in_place() => run_interrupt(process, natural),
            Stage::Requested if !state.is_in_place() => run_end(process, natural),
            _ => sys::wait(process.word(), state.to_bits(), None),
        }
    }
}

fn run_end(process: &'static Process, natural: Mask) -> ! {
    let runner = Runner::new(process, 0);
    process.is_waking.store(!process.wakers.is_empty(), Ordering::Relaxed);
    // After all else, the thread that requested the end supervises. One that aborts may be inside the allocator.
    if matches!(process.state().end(), End::Signal(_)) {
        start_timekeeper(process, natural);
    }
    process.wakers.notify();
    process.is_waking.store(false, Ordering::Relaxed);
    wait_out_grace(process);
    if let Err(stopped) = runner.check() {
        stop(process, stopped);
    }
    if process.advance(Event::Run(runner.epoch())).is_err() {
        sys::park();
    }
    natural.set();
    runner.finish_on_own_thread()
}

fn start_timekeeper(process: &'static Process, natural: Mask) {
    if supervise::needs_timekeeper(process)
        && let Err(error) = supervise::start_timekeeper(process, natural)
    {
        let mut line = Line::new("terminate: no thread could be started to watch the deadline (");
        line.and(&error.to_string()).and("); hooks have none").write();
    }
}

/// Gives the program time to end by itself.
fn wait_out_grace(process: &Process) {
    let mut state = process.state();
    let mut clock = Clock::new(supervise::grace(process, state));
    while state.stage() == Stage::Requested
        && !supervise::grace(process, state).is_zero()
        && let Some(sleep) = clock.next_sleep()
    {
        sys::wait(process.word(), state.to_bits(), Some(sleep));
        state = process.state();
    }
}

/// Runs the hooks of an interrupt, and the previous handler; then the program goes on.
fn run_interrupt(process: &'static Process, natural: Mask) {
    let runner = Runner::new(process, 0);
    start_timekeeper(process, natural);
    natural.set();
    let (signal, cause) = interrupt::SIGNAL_AND_CAUSE;
    runner.run(Triggers::only(cause), cause);
    if runner.check().is_ok() {
        runner.call_previous(signal);
    }
    if let Err(stopped) = runner.check() {
        stop(process, stopped);
    }
    process.unseat_runner(sys::thread_token());
    Mask::all_but_faults().set();
    // It fails if an end was requested meanwhile: this thread runs that next.
    if process.advance(Event::Interrupted).is_ok() {
        process.forget_signals_during_interrupt();
        sys::wake(process.word());
        interrupt::raise(process);
    }
}

fn stop(process: &Process, stopped: Stopped) -> ! {
    match stopped {
        Stopped::Replaced => sys::park(),
        Stopped::Forked if process.state().is_ending() => outcome::end_child(process),
        // A child that a hook of an interrupt forked.
        Stopped::Forked if fork::own().is_some() => {
            sys::send_to_this_thread(Signal::INT);
            sys::park()
        }
        Stopped::Forked => sys::die_by(Signal::INT),
    }
}
