//! The watcher: the one thread on which ordinary hooks run after a signal.
//!
//! While it waits, it has every signal blocked but the faults, so that signals go to the program's own threads, or stay
//! pending if those block them, as without us. While it runs hooks, it has the mask of the thread that started it, so
//! that a child process that a hook starts does not inherit a blocked `SIGTERM`.
//!
//! While main is in [`wait`](crate::wait()), it takes the request up too, see there: the watcher is woken all the same, since main
//! may be in a handler of the program's own, and then it is the one to go on.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Instant;

use libc::sigset_t;

use super::thread::tid;
use super::{mask, needs, process, stack};
use crate::per_process::{PerProcess, Zeroed};
use crate::state::{Phase, State};
use crate::{conduct, config, ending, shutdown};

struct Watcher {
    /// The thread that is it.
    tid: AtomicI32,
    /// Whether there is one, or there will be in a moment.
    started: AtomicBool,
}

// SAFETY: nothing but atomics.
unsafe impl Zeroed for Watcher {}

static WATCHER: PerProcess<Watcher> = PerProcess::new();

/// See [`super::needs`].
pub(super) const fn needed() -> *const () {
    (&raw const WATCHER).cast()
}

/// Whether ordinary hooks can run after a signal. This is async-signal-safe.
#[inline]
pub(crate) fn is_started() -> bool {
    WATCHER.started.load(Ordering::Acquire)
}

/// Whether there is one, and this thread is not it. This is async-signal-safe.
pub(super) fn is_another_thread() -> bool {
    is_started() && WATCHER.tid.load(Ordering::Relaxed) != tid()
}

/// Whether this thread is it. This is async-signal-safe.
pub(crate) fn is_watcher() -> bool {
    is_started() && WATCHER.tid.load(Ordering::Relaxed) == tid()
}

/// Starts the watcher, if there is none yet.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start_watcher() -> io::Result<()> {
    if is_started() {
        return Ok(());
    }
    // Two threads that come at once start two; one of them is gone at once, since to wait for the other one would be to
    // trust that it goes on.
    spawn()?;
    WATCHER.started.store(true, Ordering::Release);
    Ok(())
}

fn spawn() -> io::Result<()> {
    let natural = mask::current();
    spawn_undisturbed("terminate", move || watch(&natural))
}

/// If that thread, which was given up, is the watcher, starts another one: whoever took its place may have to hand over. Where the
/// system has no more threads to give, there is none from now on.
pub(crate) fn succeed_watcher(given_up: i32) {
    let was_it = WATCHER.tid.compare_exchange(given_up, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    if was_it && !cfg!(terminate_seed_bug = "no_successor") && spawn().is_err() {
        WATCHER.started.store(false, Ordering::Release);
    }
}

/// Starts a thread that no signal hits: it is born with all but the faults blocked.
pub(crate) fn spawn_undisturbed(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let natural = mask::exchange(&mask::all_but_faults());
    let started = thread::Builder::new().name(name.into()).spawn(body);
    mask::exchange(&natural);
    started.map(drop)
}

/// There is no watcher in a forked child.
pub(super) fn begin_anew(process: i32) {
    WATCHER.begin_anew(process);
}

#[unsafe(link_section = "terminate_watcher")]
fn watch(natural: &sigset_t) {
    let (process, own) = (process::process(), tid());
    if WATCHER.tid.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    // A waker may fork, and its child may go on here: that is another thread.
    let here = || if process::process() == process { own } else { tid() };
    stack::prepare_own();
    loop {
        let state = ending::state();
        match state.phase() {
            Phase::Requested if conduct::is_unattended() => {
                mask::exchange(natural);
                conduct::be_relieved(state, state.cause());
                mask::exchange(&mask::all_but_faults());
            }
            Phase::Requested => {
                shutdown::notify();
                if outlasts_grace(state) && ending::take_up_by(here(), state).is_ok() {
                    needs::fetch_to_run();
                    mask::exchange(natural);
                    conduct::conduct_requested(state.cause());
                }
            }
            Phase::InterruptRequested => {
                if ending::conduct_from(state, Phase::Interrupting, state.cause()).is_ok() {
                    mask::exchange(natural);
                    conduct::conduct_interrupt(state.cause());
                    mask::exchange(&mask::all_but_faults());
                }
            }
            // A waker has faulted on this thread, and the previous handler has repaired that: it was not the end.
            Phase::Running if ending::is_conductor() => {
                mask::exchange(natural);
                conduct::conduct_requested(state.cause());
            }
            _ => {
                ending::wait(state, None);
                needs::fetch_to_take_up();
            }
        }
    }
}

/// Gives the program time to end by itself. Whether it has not.
fn outlasts_grace(requested: State) -> bool {
    if config::grace().is_zero() {
        // The time does not matter, and asking for it takes some.
        return true;
    }
    let begun = Instant::now();
    while ending::state() == requested {
        match config::grace().checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            Some(left) if !ending::in_a_hurry() => ending::wait(requested, Some(left)),
            _ => return true,
        }
    }
    false
}
