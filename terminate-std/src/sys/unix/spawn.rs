//! Threads that take no signals until they run hooks.

use std::{io, thread};

use super::mask;

/// The signal mask of a thread of the program: hooks run with it, so that a child process that a hook starts does not inherit
/// a blocked `SIGTERM`.
#[derive(Clone, Copy)]
pub(crate) struct Mask(libc::sigset_t);

impl Mask {
    /// That of the calling thread.
    pub(crate) fn current() -> Self {
        Self(mask::current())
    }

    pub(crate) fn all_but_faults() -> Self {
        Self(mask::all_but_faults())
    }

    /// Gives the calling thread this mask.
    pub(crate) fn set(&self) {
        mask::exchange(&self.0);
    }
}

/// Starts a thread that is born with every signal but the faults blocked.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn spawn_masked(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let natural = mask::exchange(&mask::all_but_faults());
    let started = thread::Builder::new().name(name.into()).spawn(body);
    mask::exchange(&natural);
    started.map(drop)
}
