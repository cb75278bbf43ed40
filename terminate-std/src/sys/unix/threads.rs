//! Threads, and what forks do around them.

use std::io;
use std::thread::{self, JoinHandle};

/// Starts a thread. Boxed: the code that starts threads is large, and is there once.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn spawn(name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(body)
}

/// Has `before` called by every thread that calls `fork`, before it forks, and `in_child` in every child.
///
/// # Errors
///
/// If the C library has no room.
pub(crate) fn at_fork(before: extern "C" fn(), in_child: extern "C" fn()) -> Result<(), ()> {
    // SAFETY: the functions may be called at any fork.
    if unsafe { libc::pthread_atfork(Some(before), None, Some(in_child)) } == 0 { Ok(()) } else { Err(()) }
}
