//! How threads of this library start: with every signal blocked but the faults. A fork waits until they have started.
//!
//! As a thread starts, Rust's standard library locks its table of thread names and ids for a moment, on the new thread. A child that is
//! forked in that moment inherits the lock, and each thread that it starts itself waits for ever. A program that registers its first
//! hook and then forks, as a daemon does, often forks in that moment.

use std::io;
use std::thread::JoinHandle;

use super::fork;
use super::process::Process;
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// Starts a thread that nothing waits for: see [`start_to_join`].
pub(crate) fn start(process: &'static Process, name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    start_to_join(process, name, body).map(drop)
}

/// Starts a thread that has every signal but the faults blocked. The body is boxed, so that this function is compiled once.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start_to_join(
    process: &'static Process,
    name: &str,
    body: Box<dyn FnOnce() + Send>,
) -> io::Result<JoinHandle<()>> {
    // The new thread has this mask from its first instruction. Nor does a handler of a signal, other than a fault, fork on this thread
    // while the new one is counted: it would wait for this thread.
    let natural = Mask::all_but_faults().set();
    process.starting.fetch_add(1, Ordering::Relaxed);
    let begins = move || {
        has_started(process);
        body();
    };
    let started = sys::spawn(name, Box::new(begins)).inspect_err(|_| has_started(process));
    natural.set();
    started
}

/// Whether a thread with that mask is one of ours which starts, and does not run our code yet; or the one that starts it. It may be about
/// to become the runner, and so must not wait for it. A thread that aborts has let in SIGABRT.
pub(crate) fn is_starting(process: &Process, mask: impl FnOnce() -> Mask) -> bool {
    process.starting.load(Ordering::Relaxed) != 0 && mask().is_all_but_faults(Signal::ABRT.into())
}

fn has_started(process: &Process) {
    process.starting.fetch_sub(1, Ordering::Release);
    sys::wake(&process.starting);
}

/// Each fork calls this, on the thread that forks ([`sys::at_fork`]). It waits for the threads that are starting. It is
/// async-signal-safe, since a handler may fork.
pub(crate) extern "C" fn before_fork() {
    let Some(process) = fork::own_on_thread() else { return };
    loop {
        match process.starting.load(Ordering::Acquire) {
            0 => break,
            starting => sys::wait(&process.starting, starting, None),
        }
    }
}
