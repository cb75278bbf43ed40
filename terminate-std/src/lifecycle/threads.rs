//! Threads of this library: they take no signals until they run hooks. And forks, which wait for those that start.
//!
//! Rust's standard library holds a lock for a moment as a thread starts. A child that is forked in that moment inherits the lock,
//! and each thread that it starts itself waits for ever. A program that registers its first hook and then forks, as a daemon does,
//! often forks in that moment.

use std::io;

use super::fork;
use super::process::Process;
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;

/// Starts a thread that has every signal but the faults blocked. Boxed: otherwise this would be code of its own for each
/// body.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start(process: &'static Process, name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    // The new thread has this mask from its first instruction. And no handler forks on this thread while it is counted.
    let natural = Mask::all_but_faults().set();
    process.starting.fetch_add(1, Ordering::Relaxed);
    let begins = move || {
        end_start(process);
        body();
    };
    let started = sys::spawn(name, Box::new(begins)).inspect_err(|_| end_start(process));
    natural.set();
    started
}

fn end_start(process: &Process) {
    process.starting.fetch_sub(1, Ordering::Release);
    sys::wake(&process.starting);
}

/// For each fork: waits for the threads that are starting. This is async-signal-safe: a handler may fork.
pub(crate) extern "C" fn before_fork() {
    let Some(process) = fork::own_on_thread() else { return };
    loop {
        match process.starting.load(Ordering::Acquire) {
            0 => break,
            starting => sys::wait(&process.starting, starting, None),
        }
    }
}
