//! [`Exits`]: the threads that are in `exit`, and their statuses.
//!
//! A hook may call `exit` too. That is an exit of the C library, whose status counts for nothing, since the first cause decides.

use crate::types::atomic::{AtomicU64, AtomicUsize, Ordering, const_fn, with_new};

with_new! {
    pub(crate) struct Exits {
        /// Whether a thread is in `exit`, above its status. The first one counts.
        first: AtomicU64 = AtomicU64::new(0),
        /// As `first`, of the first thread that is in no hook, and that thread.
        own: AtomicU64 = AtomicU64::new(0),
        thread: AtomicUsize = AtomicUsize::new(0),
    }
}

impl Exits {
    /// That thread is in `exit`, with that status, and perhaps in a hook.
    pub(crate) fn note(&self, thread: usize, status: i32, in_hook: bool) {
        let noted = EXITING | u64::from(status.cast_unsigned());
        let _ = self.first.compare_exchange(0, noted, Ordering::Relaxed, Ordering::Relaxed);
        if !in_hook && self.thread.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.own.store(noted, Ordering::Relaxed);
        }
    }

    /// The status of the first `exit`, if a thread is in it.
    pub(crate) fn first(&self) -> Option<i32> {
        status(&self.first)
    }

    /// The status of the first `exit` that no hook called: its thread may go on after the hooks.
    pub(crate) fn own(&self) -> Option<i32> {
        status(&self.own)
    }

    /// Whether it is that thread's.
    pub(crate) fn is_own_of(&self, thread: usize) -> bool {
        self.thread.load(Ordering::Relaxed) == thread
    }
}

const EXITING: u64 = 1 << 32;

fn status(exit: &AtomicU64) -> Option<i32> {
    u32::try_from(exit.load(Ordering::Relaxed) ^ EXITING).ok().map(u32::cast_signed)
}
