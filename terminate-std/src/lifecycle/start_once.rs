//! [`StartOnce`]: a thread that is started by the first that needs it.
//!
//! While one thread starts it, others wait. If each started one, all but one would end at once, and a child that is forked as a thread
//! ends may inherit a lock of Rust's standard library ([`super::threads`]).

#[cfg(not(loom))]
use std::io;

#[cfg(not(loom))]
use crate::sys;
#[cfg(not(loom))]
use crate::types::atomic::Ordering;
use crate::types::atomic::{AtomicU32, const_fn, with_new};

with_new! {
    #[cfg_attr(loom, expect(dead_code, reason = "models start no thread"))]
    pub(crate) struct StartOnce {
        state: AtomicU32 = AtomicU32::new(NOT_STARTED),
    }
}

const NOT_STARTED: u32 = 0;
#[cfg(not(loom))]
const STARTING: u32 = 1;
#[cfg(not(loom))]
const STARTED: u32 = 2;

#[cfg(not(loom))]
impl StartOnce {
    pub(crate) fn is_started(&self) -> bool {
        self.state.load(Ordering::Acquire) == STARTED
    }

    /// Has `start` start the thread, if there is none yet.
    ///
    /// # Errors
    ///
    /// That of `start`. The next caller tries again.
    pub(crate) fn start(&self, start: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.is_started() { Ok(()) } else { self.start_or_wait(start) }
    }

    /// Apart, since most callers find the thread started.
    #[cold]
    #[inline(never)]
    fn start_or_wait(&self, start: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let claim = || self.state.compare_exchange(NOT_STARTED, STARTING, Ordering::Acquire, Ordering::Acquire);
        while let Err(state) = claim() {
            if state == STARTED {
                return Ok(());
            }
            sys::wait(&self.state, STARTING, None);
        }
        let started = start();
        self.state.store(if started.is_ok() { STARTED } else { NOT_STARTED }, Ordering::Release);
        sys::wake(&self.state);
        started
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::io;

    use super::StartOnce;

    #[test]
    fn a_start_that_failed_is_tried_again_by_the_next_caller() {
        let once = StartOnce::new();
        assert!(once.start(|| Err(io::Error::other("no thread"))).is_err());
        assert!(!once.is_started());
        assert!(once.start(|| Ok(())).is_ok());
        assert!(once.start(|| unreachable!("it is started")).is_ok());
    }
}
