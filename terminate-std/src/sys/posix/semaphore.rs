//! [`Semaphore`]: an unnamed semaphore of POSIX.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::time::Duration;

/// Made where it stays: POSIX lets none be moved once it is used.
pub(crate) struct Semaphore(UnsafeCell<MaybeUninit<libc::sem_t>>);

// SAFETY: the functions for semaphores may be called on several threads at once.
unsafe impl Sync for Semaphore {}
// SAFETY: as above.
unsafe impl Send for Semaphore {}

impl Semaphore {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    fn get(&self) -> *mut libc::sem_t {
        self.0.get().cast()
    }

    /// Makes it usable, with the value zero. Whether the system has one to give.
    pub(crate) fn init(&self) -> bool {
        // SAFETY: the memory is a semaphore's, and no thread uses it yet.
        unsafe { libc::sem_init(self.get(), 0, 0) == 0 }
    }

    /// Waits until it is posted, at most that long. This may return early.
    ///
    /// The limit is one of the clock that users set: it is late by as much as that is set back meanwhile.
    pub(crate) fn wait(&self, limit: Option<Duration>) {
        let Some(limit) = limit else {
            // SAFETY: `init` has made it.
            unsafe { libc::sem_wait(self.get()) };
            return;
        };
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: writes to `now`.
        unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
        let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0) + u64::from(limit.subsec_nanos());
        let seconds = limit.as_secs().saturating_add(nanoseconds / 1_000_000_000);
        let until = libc::timespec {
            tv_sec: now.tv_sec.saturating_add(seconds.try_into().unwrap_or(i32::MAX.into())),
            tv_nsec: i32::try_from(nanoseconds % 1_000_000_000).unwrap_or(0).into(),
        };
        // SAFETY: `init` has made it; reads the time.
        unsafe { libc::sem_timedwait(self.get(), &raw const until) };
    }

    /// Wakes one thread that waits, or the next one. This is async-signal-safe.
    pub(crate) fn post(&self) {
        // SAFETY: `init` has made it.
        unsafe { libc::sem_post(self.get()) };
    }
}
