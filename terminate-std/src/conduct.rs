//! The conductor's work on an ordinary thread: run the hooks, call the previous handler, end the process.
//!
//! Who becomes the conductor, and what the others do meanwhile, is in [`crate::ending`].
//!
//! # Against deadlock
//!
//! A thread that waits for the conductor may be inside libc's `exit`, and inside the guard by which Rust lets one thread
//! into `process::exit` and makes every other one wait for ever. So once a thread has come here from `exit`, the
//! conductor does not call it any more, but `_exit`; and the waiting thread ends the process itself as soon as the word
//! says `DONE`, in case the conductor is already caught in that guard. If the conductor is caught in there in the middle
//! of the hooks, because one of them called `process::exit`, a thread that waits takes its place: see [`take_over`].

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use terminate_core::Context;

use crate::per_process::PerProcess;
use crate::state::{Phase, State};
use crate::sys::stuck::{self, Pause};
use crate::{Cause, Signal, calls, decided, ending, entry, interrupt, owner, panics, registration, shutdown, sys};

/// Whether a thread has come here from libc's `exit`.
static EXITING: PerProcess<AtomicBool> = PerProcess::new();
/// The status of the first `exit`, and `KNOWN`; or zero.
static EXIT_STATUS: PerProcess<AtomicU64> = PerProcess::new();
const KNOWN: u64 = 1 << 32;

/// A thread is in libc's `exit`: runs the hooks, unless somebody else does. Returns if the exit is to go on.
pub(crate) fn exit(cause: Cause, status: Option<i32>) {
    if !EXITING.swap(true, Ordering::Relaxed) {
        let known = status.map_or(0, |status| KNOWN | u64::from(status.cast_unsigned()));
        EXIT_STATUS.store(known, Ordering::Relaxed);
    }
    conduct(cause);
}

/// Whether the thread that was the first in `exit` is in a hook that aborts, and does not look after whoever goes on.
pub(crate) fn is_unattended() -> bool {
    ending::has_aborted() && EXITING.load(Ordering::Relaxed) && !cfg!(terminate_seed_bug = "watcher_alone")
}

/// The status of the exit that is under way, if it is known.
pub(crate) fn exit_status() -> Option<i32> {
    let status = EXIT_STATUS.load(Ordering::Relaxed);
    u32::try_from(status ^ KNOWN).ok().map(u32::cast_signed)
}

/// The process aborts when this returns.
pub(crate) fn aborting_panic() {
    calls::abandon();
    let state = ending::state();
    match state.phase() {
        Phase::Running | Phase::Closing | Phase::Interrupting if ending::is_conductor() => {}
        _ => {
            // If a hook panics in this pass, there is no second panic hook, but `abort`: its handler has the watcher go on.
            let _ = sys::handle(Signal::ABRT, true);
            return conduct(Cause::Panic);
        }
    }
    entry::report_current("panicked");
    // A hook of an interrupt makes it an end.
    let cause = if state.is_running() { state.cause() } else { Cause::Panic };
    if state.phase() == Phase::Interrupting {
        let _ = ending::conduct_from(state, Phase::Running, cause);
    }
    be_relieved(ending::state(), cause);
    if cause == Cause::Exit
        && let Some(status) = exit_status()
    {
        // A hook panicked, not the program: the exit keeps its status, as where panics unwind.
        sys::exit_now(status);
    }
}

/// Has another thread go on as the conductor, where this one is of no more use: it is in a panic hook, and the next panic would just
/// abort; or it is the watcher, and a hook that calls `process::exit` would never come back, since the thread that aborts holds
/// the guard. Returns when it is over.
///
/// If a hook aborts there, it asks the watcher to go on, which may be this thread: then it is another one once more. So it is if
/// a hook is caught in `process::exit`.
pub(crate) fn be_relieved(mut state: State, cause: Cause) {
    // How many had begun when the last request was seen: that one is for the relief to take up.
    let mut requested = (state.phase() == Phase::Requested).then(ending::passes);
    let mut before: Option<Pause> = None;
    loop {
        let caught = before.take();
        let relief = thread::Builder::new().name("terminate-relief".into()).spawn(move || {
            if state.phase() == Phase::Requested {
                take_up(state);
            } else if succeed(state, caught).is_some() {
                take_over(cause);
            }
        });
        let Ok(relief) = relief else { return conduct(cause) };
        state = loop {
            let now = ending::state();
            match now.phase() {
                Phase::Done => return drop(relief.join()),
                Phase::Requested if sys::is_watcher() && requested != Some(ending::passes()) => {
                    requested = Some(ending::passes());
                    break now;
                }
                _ => {}
            }
            ending::wait(now, Some(stuck::INTERVAL));
            let pause = stuck::pause_of(now.conductor());
            let trusted = cfg!(terminate_seed_bug = "relief_is_trusted");
            if pause.is_some() && pause == before && ending::state() == now && !trusted {
                break now;
            }
            before = pause;
        };
    }
}

/// Runs the hooks for `cause`, unless something else ends the process: then waits for that, and does not return if the
/// process ends by a signal.
pub(crate) fn conduct(cause: Cause) {
    calls::abandon();
    loop {
        let Err(state) = ending::claim(cause) else { return conduct_claimed(cause) };
        match state.phase() {
            Phase::Alive => {}
            Phase::Requested => take_up(state),
            // The previous handler ends the process: as it likes.
            Phase::Running if ending::is_conductor() && ending::is_chaining() => {
                return run_hooks(state.cause());
            }
            Phase::Running if ending::is_conductor() => {
                // Called by a hook: nobody will come back to the pass that called it.
                run_hooks(state.cause());
                return finish(state.cause());
            }
            Phase::Closing if ending::is_conductor() => {
                // The same, by one that was registered at the last moment.
                run_hooks(state.cause());
                return conclude(state.cause());
            }
            Phase::Interrupting if ending::is_conductor() => {
                // A hook of an interrupt makes it an end.
                let _ = ending::conduct_from(state, Phase::Running, cause);
                return conduct_claimed(cause);
            }
            Phase::Faulting if ending::is_conductor() => return,
            Phase::Running | Phase::Closing => {
                if outlives_conductor(state).is_some() {
                    return take_over(state.cause());
                }
            }
            Phase::Interrupting => {
                if let Some(state) = outlives_conductor(state)
                    && ending::conduct_from(state, Phase::Running, cause).is_ok()
                {
                    return conduct_claimed(cause);
                }
            }
            Phase::InterruptRequested | Phase::Faulting => ending::wait(state, None),
            Phase::Done => {
                if !ending::is_conductor() {
                    match state.cause() {
                        Cause::Panic if panics::end_the_process() => sys::exit_now(panics::STATUS),
                        cause => match Signal::of(cause) {
                            Some(signal) => end_unless_aborting(signal),
                            // The conductor is in `exit`, or aborts: the first cause decides.
                            None => sys::sleep_for_ever(),
                        },
                    }
                }
                // Registered since, for instance by an exit handler of somebody else.
                return run_hooks(cause);
            }
        }
    }
}

/// Becomes the conductor in place of the watcher, unless somebody else is faster.
pub(crate) fn take_up(requested: State) {
    if ending::conduct_from(requested, Phase::Running, requested.cause()).is_ok() {
        // The watcher may not have seen the request.
        conduct_claimed(requested.cause());
    }
}

/// The conductor's part for an end that nobody was told of yet: an exit, a panic, or the program's own signal.
fn conduct_claimed(cause: Cause) {
    shutdown::notify();
    conduct_requested(cause);
}

/// Waits for the conductor. If it is caught where it will not get out, this thread becomes the conductor: what the word
/// says then.
fn outlives_conductor(state: State) -> Option<State> {
    let mut before = None;
    while ending::state() == state {
        ending::wait(state, Some(stuck::INTERVAL));
        let now = stuck::pause_of(state.conductor());
        if let Some(pause) = before.take_if(|before| now.as_ref() == Some(before))
            && let Some(taken) = succeed(state, Some(pause))
        {
            return Some(taken);
        }
        before = now;
    }
    None
}

/// Becomes the conductor in place of the one that is; and if that one is caught, also looks after what it leaves.
fn succeed(state: State, caught: Option<Pause>) -> Option<State> {
    let taken = ending::take_over(state)?;
    if let Some(pause) = caught {
        // It may have come back at this very moment, and be calling one more.
        stuck::wait_until_at_rest(state.conductor(), pause);
        entry::let_go_of_current();
        sys::succeed_watcher(state.conductor());
    }
    Some(taken)
}

/// Does what is left of the conductor's part, after a hook or a previous handler that will not come back.
fn take_over(cause: Cause) {
    run_hooks(cause);
    match Signal::of(cause) {
        Some(signal) if ending::is_chaining() => {
            close(cause);
            end_unless_aborting(signal);
        }
        _ => finish(cause),
    }
}

/// Ends the process by a signal that nobody sent, unless something else ends it: then waits for that.
pub(crate) fn conduct_signal(cause: Cause) -> ! {
    conduct(cause);
    if ending::is_conductor() {
        // Called by a hook of an exit, which keeps its status.
        sys::exit_now(exit_status().unwrap_or(0));
    }
    // The first cause was an exit on another thread: that ends the process.
    sys::sleep_for_ever();
}

/// Whether an exit on this thread goes on at once, without waiting for anything: our exit handler has no more part in it.
pub(crate) fn is_through() -> bool {
    let phase = ending::state().phase();
    let chaining = ending::is_chaining() && phase != Phase::Closing;
    ending::is_conductor() && (chaining || matches!(phase, Phase::Done | Phase::Faulting))
}

/// The conductor's part for any end, from the hooks on: of a signal, to the very end.
#[unsafe(link_section = "terminate_watcher")]
pub(crate) fn conduct_requested(cause: Cause) {
    if ending::was_handed_over() {
        entry::report_current("aborted");
    }
    if let Some(signal) = Signal::of(cause) {
        decided::decide(signal);
    }
    run_hooks(cause);
    finish(cause);
}

/// The conductor's part for an interrupt: the process goes on.
pub(crate) fn conduct_interrupt(cause: Cause) {
    interrupt::begin();
    while panic::catch_unwind(AssertUnwindSafe(|| registration::run_asking(cause, Context::Thread))).is_err() {}
    if is_not_the_conductors(cause) {
        return;
    }
    sys::redeliver_and_keep(Signal::INT);
    if owner::is_us() && !ending::is_conductor() && ending::state().phase() != Phase::Alive {
        // Given up in the previous handler.
        sys::sleep_for_ever();
    }
    interrupt::raise();
    ending::resume();
}

/// The hooks have run: calls the previous handler, and ends the process if it was a signal.
fn finish(cause: Cause) {
    if is_not_the_conductors(cause) {
        return;
    }
    let Some(signal) = Signal::of(cause) else { return close(cause) };
    if signal != Signal::ABRT && !ending::has_chained() {
        ending::begin_chaining();
        sys::redeliver(signal);
    }
    close(cause);
    end_unless_aborting(signal);
}

/// Nobody can register any more; runs what was registered at the last moment, and says that it is over.
fn close(cause: Cause) {
    if is_not_the_conductors(cause) {
        return;
    }
    ending::begin_closing();
    // Again, since it may have been given up at the end of its pass, and come back.
    if is_not_the_conductors(cause) {
        return;
    }
    run_hooks(cause);
    if !is_not_the_conductors(cause) {
        done(cause);
    }
}

/// It is over. Returns if that is left to the caller: an exit goes on, unless a hook has aborted in it, on a thread that ends the
/// process by that.
fn done(cause: Cause) {
    ending::done();
    if Signal::of(cause).is_none() && ending::has_aborted() && !cfg!(terminate_seed_bug = "exit_after_abort") {
        sys::sleep_for_ever();
    }
}

/// As [`finish`], for a hook of the last ones that will not come back.
fn conclude(cause: Cause) {
    if is_not_the_conductors(cause) {
        return;
    }
    done(cause);
    if let Some(signal) = Signal::of(cause) {
        end_unless_aborting(signal);
    }
}

/// Whether this is a forked child, in which a hook has returned that its parent called: an exit goes on there then, and after
/// a signal, for which there is nothing to return to, the child ends as its parent does.
///
/// Does not return if a hook was given up, and came back after all: somebody else ends the process by now.
fn is_not_the_conductors(cause: Cause) -> bool {
    if ending::is_conductor() {
        return false;
    }
    match (owner::is_us(), Signal::of(cause)) {
        (true, _) if ending::state().phase() != Phase::Alive => sys::sleep_for_ever(),
        // The child has hooks of its own by now.
        (true, Some(_)) => conduct_signal(cause),
        (true, None) => conduct(cause),
        (false, Some(signal)) => decided::end_at_once(signal),
        (false, None) => {}
    }
    true
}

/// One pass over all hooks, whatever they do.
#[unsafe(link_section = "terminate_watcher")]
pub(crate) fn run_hooks(cause: Cause) {
    // A hook's panic is caught where it is called; this is for what it captured, whose destructor may panic.
    while panic::catch_unwind(AssertUnwindSafe(|| registration::run_all(cause, Context::Thread))).is_err() {}
    calls::wait_but_for_stuck(|| EXITING.load(Ordering::Relaxed));
}

fn end_unless_aborting(signal: Signal) -> ! {
    if signal == Signal::ABRT || ending::has_aborted() {
        // It has been waiting in its handler: it calls the previous one, and dies.
        sys::sleep_for_ever();
    }
    match decided::status().code(signal) {
        Some(code) if !EXITING.load(Ordering::Relaxed) => sys::exit(code),
        _ => decided::end_at_once(signal),
    }
}

/// Begins anew, in a forked child.
pub(crate) fn begin_anew(process: i32) {
    EXITING.begin_anew(process);
    EXIT_STATUS.begin_anew(process);
}
