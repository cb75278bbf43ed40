//! The watcher: the one thread on which ordinary hooks run after a signal.
//!
//! While it waits, it has every signal blocked but the faults, so that signals go to the program's own threads, or stay
//! pending if those block them, as without us. While it runs hooks, it has the mask of the thread that started it, so
//! that a child process that a hook starts does not inherit a blocked `SIGTERM`.
//!
//! While main is in [`wait`](crate::wait()), which is to do nothing, main is the watcher: to wake another thread, and to end it,
//! takes longer than all the rest of an end. The thread that was the watcher is gone then; when main goes on, there is
//! another one.
//!
//! | main | the thread | a signal meanwhile |
//! | --- | --- | --- |
//! | `MainWatch::begin`: takes the name | | both may see the request: one exchange decides who conducts |
//! | wakes everybody, and again until it has gone | finds that it is not the watcher any more, and ends | main takes it up |
//! | `MainWatch::stop`: gives the name back | is born, takes the name | waits for it |

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, compiler_fence};
use std::thread;
use std::time::{Duration, Instant};

use libc::sigset_t;

use super::thread::{is_main_thread, tid};
use super::{mask, stack};
use crate::per_process::PerProcess;
use crate::state::{Phase, State};
use crate::{calls, conduct, config, ending, shutdown};

/// Whether there is one, or there will be in a moment.
static STARTED: PerProcess<AtomicBool> = PerProcess::new();
/// The thread that is it.
static WATCHER: PerProcess<AtomicI32> = PerProcess::new();
/// Whether main is it.
static MAIN: PerProcess<AtomicBool> = PerProcess::new();
/// Whether main, as the watcher, may be in the program's code: a hook, or a waker.
static ATTENDING: PerProcess<AtomicBool> = PerProcess::new();
/// The thread that was it before main, as long as it has not noticed. It may be about to wait when main wakes it, for a word
/// that has not changed.
static LINGERING: PerProcess<AtomicI32> = PerProcess::new();
/// When to wake it again: soon, and then less often.
const SOON: Duration = Duration::from_micros(20);
const SELDOM: Duration = Duration::from_millis(1);

/// Whether ordinary hooks can run after a signal. This is async-signal-safe.
pub(crate) fn is_started() -> bool {
    STARTED.load(Ordering::Acquire)
}

/// Whether there is one, and this thread is not it. This is async-signal-safe.
pub(super) fn is_another_thread() -> bool {
    is_started() && WATCHER.load(Ordering::Relaxed) != tid()
}

/// Whether this thread is it. This is async-signal-safe.
pub(crate) fn is_watcher() -> bool {
    is_started() && WATCHER.load(Ordering::Relaxed) == tid()
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
    let natural = mask::current();
    spawn_undisturbed("terminate", move || watch(&natural))?;
    STARTED.store(true, Ordering::Release);
    Ok(())
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
    STARTED.begin_anew(process);
    WATCHER.begin_anew(process);
    MAIN.begin_anew(process);
    LINGERING.begin_anew(process);
    ATTENDING.begin_anew(process);
}

/// Main, as the watcher: it has to [attend](Self::attend) to what comes, until it [stops](Self::stop).
pub(crate) struct MainWatch {
    natural: sigset_t,
    /// When to wake the old one again.
    again: Duration,
}

impl MainWatch {
    /// Makes this thread the watcher if it is main and nothing ends the process yet.
    pub(crate) fn begin() -> Option<Self> {
        // In a guard's call the end would wait for that call, and so for itself.
        if !is_main_thread()
            || calls::is_here()
            || ending::state() != State::ALIVE
            || MAIN.swap(true, Ordering::Relaxed)
        {
            return None;
        }
        let mut old = WATCHER.load(Ordering::Relaxed);
        loop {
            // First, since the old one clears it as soon as it sees who the watcher is. Release: pairs with its Acquire.
            LINGERING.store(old, Ordering::Relaxed);
            match WATCHER.compare_exchange(old, tid(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => old = now,
            }
        }
        STARTED.store(true, Ordering::Release);
        Some(Self { natural: mask::current(), again: SOON })
    }

    /// Does the watcher's part, if there is anything to do.
    pub(crate) fn attend(&self, state: State) -> bool {
        ATTENDING.store(true, Ordering::Relaxed);
        // For the handler, on this thread.
        compiler_fence(Ordering::SeqCst);
        let attended = attend(state, || ());
        compiler_fence(Ordering::SeqCst);
        ATTENDING.store(false, Ordering::Relaxed);
        if attended {
            // A previous handler may have been called, for which a signal was let in.
            mask::exchange(&self.natural);
        }
        attended
    }

    /// Waits until the word is not `state` any more; may return early.
    pub(crate) fn wait(&mut self, state: State) {
        if LINGERING.load(Ordering::Relaxed) == 0 {
            return ending::wait(state, None);
        }
        ending::wake();
        ending::wait(state, Some(self.again));
        self.again = (self.again * 2).min(SELDOM);
    }

    /// Has another thread go on as the watcher. If the system has none, this one still is it.
    pub(crate) fn stop(self) -> Option<Self> {
        let here = WATCHER.swap(0, Ordering::Relaxed);
        let natural = self.natural;
        if spawn_undisturbed("terminate", move || watch(&natural)).is_err() {
            WATCHER.store(here, Ordering::Relaxed);
            return Some(self);
        }
        MAIN.store(false, Ordering::Relaxed);
        None
    }
}

/// Whether this thread is main, and the watcher. This is async-signal-safe.
pub(super) fn is_main() -> bool {
    MAIN.load(Ordering::Relaxed) && is_watcher()
}

/// Whether it is, and in nobody's code but ours. This is async-signal-safe.
pub(super) fn is_main_at_rest() -> bool {
    is_main() && !ATTENDING.load(Ordering::Relaxed)
}

fn watch(natural: &sigset_t) {
    if WATCHER.compare_exchange(0, tid(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    stack::prepare_own();
    // Acquire: pairs with the Release of main, for `LINGERING`.
    while WATCHER.load(Ordering::Acquire) == tid() {
        let state = ending::state();
        let unmask = || {
            mask::exchange(natural);
        };
        if attend(state, unmask) {
            mask::exchange(&mask::all_but_faults());
        } else {
            ending::wait(state, None);
        }
    }
    let _ = LINGERING.compare_exchange(tid(), 0, Ordering::Relaxed, Ordering::Relaxed);
}

/// Does the watcher's part, if there is anything to do: with the mask that `unmask` sets.
fn attend(state: State, unmask: impl FnOnce()) -> bool {
    match state.phase() {
        Phase::Requested => {
            shutdown::notify();
            if outlasts_grace(state) && ending::conduct_from(state, Phase::Running, state.cause()).is_ok() {
                unmask();
                conduct::conduct_requested(state.cause());
            }
        }
        Phase::InterruptRequested => {
            if ending::conduct_from(state, Phase::Interrupting, state.cause()).is_ok() {
                unmask();
                conduct::conduct_interrupt(state.cause());
            }
        }
        // A waker has faulted on this thread, and the previous handler has repaired that: it was not the end.
        Phase::Running if ending::is_conductor() => {
            unmask();
            conduct::conduct_requested(state.cause());
        }
        _ => return false,
    }
    true
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
