//! The watcher: the one thread on which ordinary hooks run after a signal.
//!
//! While it waits, it has every signal blocked but the faults, so that signals go to the program's own threads, or stay
//! pending if those block them, as without us. While it runs hooks, it has the mask of the thread that started it, so
//! that a child process that a hook starts does not inherit a blocked `SIGTERM`.

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::{ptr, thread};

use libc::sigset_t;

use super::thread::tid;
use crate::Signal;
use crate::ending::{self, Phase};

/// Whether there is one, or there will be in a moment.
static STARTED: AtomicBool = AtomicBool::new(false);
/// The thread that is it.
static WATCHER: AtomicI32 = AtomicI32::new(0);

/// Whether ordinary hooks can run after a signal. This is async-signal-safe.
pub(super) fn is_started() -> bool {
    STARTED.load(Ordering::Acquire)
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
    // Blocked here, so that it is born with them blocked. Two threads that come at once start two; one of them is gone
    // at once, since to wait for the other one would be to trust that it goes on.
    let natural = exchange_mask(&all_but_faults());
    let started = thread::Builder::new().name("terminate".into()).spawn(move || watch(&natural));
    exchange_mask(&natural);
    started?;
    STARTED.store(true, Ordering::Release);
    Ok(())
}

/// There is no watcher in a forked child.
pub(crate) fn forget_watcher() {
    STARTED.store(false, Ordering::Relaxed);
    WATCHER.store(0, Ordering::Relaxed);
}

fn watch(natural: &sigset_t) {
    if WATCHER.compare_exchange(0, tid(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    loop {
        let state = ending::state();
        if state.phase() == Phase::Requested && ending::take_up(state).is_ok() {
            exchange_mask(natural);
            ending::conduct_taken_up(state.cause());
        } else {
            ending::wait(state);
        }
    }
}

fn all_but_faults() -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: initialises `set`.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    // A blocked fault ends the process without its handler.
    for signal in Signal::FAULTS {
        // SAFETY: `set` is initialised.
        unsafe { libc::sigdelset(set.as_mut_ptr(), signal.as_raw()) };
    }
    // SAFETY: `set` is initialised.
    unsafe { set.assume_init() }
}

/// Sets this thread's mask, and returns what it was.
fn exchange_mask(mask: &sigset_t) -> sigset_t {
    let mut old = MaybeUninit::uninit();
    // SAFETY: `mask` is initialised; writes to `old`. It fails only for a wrong `how`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::from_ref(mask), old.as_mut_ptr()) };
    // SAFETY: written by the call.
    unsafe { old.assume_init() }
}
