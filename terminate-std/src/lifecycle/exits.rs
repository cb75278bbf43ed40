//! [`Exits`]: the threads that are in `exit`, and their statuses.
//!
//! A hook may call `exit` too. That is an exit of the C library, whose status counts for nothing, since the first cause decides.

use std::ffi::c_int;

use crate::types::atomic::{AtomicU64, AtomicUsize, Ordering, const_fn, with_new};

with_new! {
    pub(crate) struct Exits {
        /// Whether a thread is in `exit`, and whether its status is known, above the status. The first one counts.
        first: AtomicU64 = AtomicU64::new(0),
        /// As `first`, of the first thread that is in no hook, and that thread.
        own: AtomicU64 = AtomicU64::new(0),
        thread: AtomicUsize = AtomicUsize::new(0),
    }
}

impl Exits {
    /// That thread is in `exit`, with that status if the system says which, and perhaps in a hook.
    pub(crate) fn note(&self, thread: usize, status: Option<c_int>, in_hook: bool) {
        let noted = EXITING | status.map_or(0, |status| KNOWN | u64::from(status.cast_unsigned()));
        let _ = self.first.compare_exchange(0, noted, Ordering::Relaxed, Ordering::Relaxed);
        if !in_hook && self.thread.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.own.store(noted, Ordering::Relaxed);
        }
    }

    /// The first `exit`, if a thread is in it.
    pub(crate) fn first(&self) -> Option<Exit> {
        exit(&self.first)
    }

    /// The first `exit` that no hook called: its thread may go on after the hooks.
    pub(crate) fn own(&self) -> Option<Exit> {
        exit(&self.own)
    }

    /// Whether it is that thread's.
    pub(crate) fn is_own_of(&self, thread: usize) -> bool {
        self.thread.load(Ordering::Relaxed) == thread
    }
}

/// A thread that is in `exit`.
#[derive(Clone, Copy)]
pub(crate) struct Exit {
    /// If the system says which.
    pub(crate) status: Option<c_int>,
}

const EXITING: u64 = 1 << 32;
const KNOWN: u64 = 1 << 33;

fn exit(noted: &AtomicU64) -> Option<Exit> {
    let noted = noted.load(Ordering::Relaxed);
    let status = u32::try_from(noted ^ (EXITING | KNOWN)).ok().map(u32::cast_signed);
    (noted != 0).then_some(Exit { status })
}
