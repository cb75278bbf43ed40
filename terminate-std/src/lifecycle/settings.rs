//! [`Settings`]: what holds for a whole process, and for its forked children.

use crate::types::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, const_fn, with_new};

with_new! {
    /// What [`Config`](crate::Config) says. A forked child keeps it.
    pub(crate) struct Settings {
        pub(crate) installed: AtomicBool = AtomicBool::new(false),
        /// In nanoseconds; zero for none.
        pub(crate) grace: AtomicU64 = AtomicU64::new(0),
        /// In nanoseconds; zero for none.
        pub(crate) deadline: AtomicU64 = AtomicU64::new(0),
        pub(crate) force_after: AtomicU32 = AtomicU32::new(0),
        /// Whether a panic of any thread ends the process.
        pub(crate) any_panic_ends: AtomicBool = AtomicBool::new(false),
    }
}

impl Settings {
    /// Whether a thread has to watch the time, or to wait for it.
    pub(super) fn need_runner(&self) -> bool {
        self.grace.load(Ordering::Relaxed) != 0 || self.deadline.load(Ordering::Relaxed) != 0
    }

    pub(super) fn inherit(&self, parent: &Self) {
        self.installed.store(parent.installed.load(Ordering::Relaxed), Ordering::Relaxed);
        self.grace.store(parent.grace.load(Ordering::Relaxed), Ordering::Relaxed);
        self.deadline.store(parent.deadline.load(Ordering::Relaxed), Ordering::Relaxed);
        self.force_after.store(parent.force_after.load(Ordering::Relaxed), Ordering::Relaxed);
        self.any_panic_ends.store(parent.any_panic_ends.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}
