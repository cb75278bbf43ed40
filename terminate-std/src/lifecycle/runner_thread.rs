//! The runner's thread: it waits for an end or an interrupt, and runs the hooks.
//!
//! It waits with all signals blocked but the faults. So signals go to the program's own threads, or stay pending if those
//! block them, as without us. It runs hooks with the mask of the thread that started it.

use std::io;
use std::sync::{Arc, Barrier, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::clock::Clock;
use super::process::Process;
use super::runner::Runner;
use super::runner_seat::Number;
use super::state::{Event, Stage};
use super::{log, supervise, threads};
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;

/// Starts the runner's thread, if there is none yet.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start(process: &'static Process) -> io::Result<()> {
    process.runner.started.start(|| {
        let (_, thread) = spawn(process, move |number| process.runner.begin(number))?;
        *held_thread(process) = Some(thread);
        Ok(())
    })
}

fn held_thread(process: &'static Process) -> MutexGuard<'static, Option<JoinHandle<()>>> {
    process.runner.thread.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the runner's thread anew, from the calling thread, if there is one: the new one has what a thread inherits. A runner that
/// has work keeps it. Returns when a thread waits for work, and the other one has ended: what the program does next may keep a thread
/// from starting or ending.
///
/// # Errors
///
/// If the system has no more threads to give. Then the runner stays.
pub(crate) fn restart(process: &'static Process) -> io::Result<()> {
    if process.runner.started.is_started() {
        let mut held = held_thread(process);
        let replaced = Arc::new(Barrier::new(2));
        let waits = Arc::clone(&replaced);
        let (number, new) = spawn(process, move |number| {
            process.runner.replace(number);
            // The other one sees that it was replaced: if it is about to wait, the word is not what it was.
            let _ = process.advance(Event::Hold);
            sys::wake(process.word());
            waits.wait();
        })?;
        replaced.wait();
        let ends = if process.runner.is_held_by(number) { held.replace(new) } else { Some(new) };
        let _ = ends.map(JoinHandle::join);
    }
    Ok(())
}

/// Starts a thread that takes the seat by `begin`, and waits for work if it has it.
fn spawn(
    process: &'static Process,
    begin: impl FnOnce(Number) + Send + 'static,
) -> io::Result<(Number, JoinHandle<()>)> {
    let (number, natural) = (process.runner.new_number(), Mask::current());
    let body = move || {
        begin(number);
        wait_for_work(process, number, natural);
    };
    Ok((number, threads::start_to_join(process, "terminate", Box::new(body))?))
}

fn wait_for_work(process: &'static Process, number: Number, natural: Mask) {
    loop {
        let state = process.state();
        match state.stage() {
            Stage::Interrupting if process.runner.begin_work(number) => {
                run_interrupt(process, natural);
                process.runner.end_work(number);
            }
            Stage::Requested if process.runner.begin_work(number) => run_end(process, natural),
            Stage::Interrupting | Stage::Requested => break,
            _ if !process.runner.is_held_by(number) => break,
            _ => sys::wait(process.word(), state.to_bits(), None),
        }
    }
    process.runner.leave(sys::thread_token());
}

fn run_end(process: &'static Process, natural: Mask) -> ! {
    let runner = Runner::new(process, 0);
    process.is_waking.store(!process.wakers.is_empty(), Ordering::Relaxed);
    // After all else, the thread that requested the end supervises. One that aborts may be inside the allocator.
    if process.state().end().is_ended_by_runner() {
        supervise::start_timekeeper(process, natural);
    }
    // What a waker starts inherits the mask.
    natural.set();
    process.wakers.notify();
    Mask::all_but_faults().set();
    process.is_waking.store(false, Ordering::Relaxed);
    log::stage(process);
    wait_out_grace(process);
    if let Err(stopped) = runner.advance(Event::Run(runner.epoch)) {
        runner.stop(stopped);
    }
    sys::wake(process.word());
    natural.set();
    runner.finish_on_own_thread()
}

/// Gives the program time to end by itself.
fn wait_out_grace(process: &Process) {
    let (mut state, mut clock) = (process.state(), Clock::default());
    while state.stage() == Stage::Requested
        && let Some(sleep) = clock.next_sleep(state.period(), supervise::grace(process, state))
    {
        sys::wait(process.word(), state.to_bits(), Some(sleep));
        state = process.state();
    }
}

/// The program goes on afterwards, unless an end was requested meanwhile, which this thread runs next.
fn run_interrupt(process: &'static Process, natural: Mask) {
    let runner = Runner::new(process, 0);
    supervise::start_timekeeper(process, natural);
    natural.set();
    if let Err(stopped) = runner.interrupt() {
        runner.stop(stopped);
    }
    Mask::all_but_faults().set();
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::{Process, start};

    #[test]
    fn threads_that_need_the_runner_at_once_start_one() {
        for _ in 0..50 {
            let process: &'static Process = Box::leak(Box::new(Process::new()));
            let at_once = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        at_once.wait();
                        start(process).unwrap();
                        assert!(process.runner.started.is_started());
                    });
                }
            });
            assert_eq!(process.runner.started_ever(), 1);
        }
    }
}
