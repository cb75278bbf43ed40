//! The threads that are in [`hold`](crate::hold): no hook of an end runs before they have left it.
//!
//! | a thread | the runner | the handler of a signal |
//! | --- | --- | --- |
//! | notes itself here | moves the word to `Running`, or later to `Closed` | reads the word |
//! | fence | fence | looks here, whether the signal is requested |
//! | moves the word by `Hold`, or reads it | looks here, and waits until no thread is left | moves the word from what it read |
//!
//! The fences are in one order. So either the thread sees that the end has got that far, or the runner waits for it. And if a signal that
//! nothing requests ends the process, either the thread sees that, or the handler fails to move the word, and looks again.
//!
//! All of this is async-signal-safe.

use crate::types::atomic::{AtomicU32, AtomicUsize, Ordering, array, const_fn, fence, with_new};

/// So many threads can be in `hold` at once; more wait.
const PLACES: usize = if cfg!(loom) { 2 } else { 64 };

with_new! {
    pub(crate) struct Holds {
        places: [Place; PLACES] = array!(Place::new(); PLACES),
    }
}

with_new! {
    struct Place {
        /// By [`crate::sys::thread_token`]; zero if the place is free.
        thread: AtomicUsize = AtomicUsize::new(0),
        /// The kernel's number of it, for a supervisor.
        thread_id: AtomicU32 = AtomicU32::new(0),
    }
}

impl Holds {
    /// Notes the thread: where, or `None` if there is no place left.
    pub(crate) fn begin(&self, thread: usize, thread_id: i32) -> Option<usize> {
        let is_taken = |place: &Place| place.thread.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed);
        let at = self.places.iter().position(|place| is_taken(place).is_ok())?;
        self.places[at].thread_id.store(thread_id.cast_unsigned(), Ordering::Relaxed);
        fence(Ordering::SeqCst);
        Some(at)
    }

    /// Whether the thread is in `hold`.
    pub(crate) fn has(&self, thread: usize) -> bool {
        self.places.iter().any(|place| place.thread.load(Ordering::Relaxed) == thread)
    }

    /// Whether any thread is in `hold`. A runner has moved the word before.
    #[inline(never)]
    pub(crate) fn are_there(&self) -> bool {
        fence(Ordering::SeqCst);
        // Mostly there is none, so that it would look at all places anyway.
        self.places.iter().fold(0, |any, place| any | place.thread.load(Ordering::Acquire)) != 0
    }

    /// The thread has left that place, unless it was abandoned before.
    pub(crate) fn end(&self, at: usize, thread: usize) {
        if let Some(place) = self.places.get(at) {
            // Release: what the thread registered is there for the runner.
            let _ = place.thread.compare_exchange(thread, 0, Ordering::Release, Ordering::Relaxed);
        }
    }

    /// The kernel's numbers of the threads. The caller has moved the word before.
    pub(crate) fn threads(&self) -> impl Iterator<Item = i32> {
        fence(Ordering::SeqCst);
        let held = self.places.iter().filter(|place| place.thread.load(Ordering::Acquire) != 0);
        held.map(|place| place.thread_id.load(Ordering::Relaxed).cast_signed())
    }

    /// The end does not wait any longer for these threads: by their token, and the kernel's number. Whether there were any.
    pub(crate) fn abandon(&self, which: impl Fn(usize, i32) -> bool) -> bool {
        let is_abandoned = |place: &&Place| {
            let thread = place.thread.load(Ordering::Relaxed);
            thread != 0
                && which(thread, place.thread_id.load(Ordering::Relaxed).cast_signed())
                && place.thread.compare_exchange(thread, 0, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        self.places.iter().filter(is_abandoned).count() > 0
    }
}
