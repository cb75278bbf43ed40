//! What handler-safe hooks were made of, until somebody may free it.
//!
//! A signal handler must not free memory, and the hook that it calls is in a box. So a handler-safe hook never frees its
//! own, wherever it is called: it puts it on this list, and the next one to register or to take back a hook on a thread
//! frees what is there.
//!
//! # Why it is right
//!
//! The list is only ever added to, by exchanging its first element, or taken as a whole, by one swap: nobody reads the
//! link of an element that somebody else may take off, so there is no ABA. Both may be interrupted anywhere by either.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::entry::{self, Entry};
use crate::per_process::PerProcess;

static FIRST: PerProcess<AtomicPtr<Entry>> = PerProcess::new();

/// Keeps the entry for [`free`]. This is async-signal-safe.
///
/// # Safety
///
/// The entry was made by `Box::into_raw`, and nobody else uses it any more.
pub(crate) unsafe fn keep(entry: *mut Entry) {
    let mut next = FIRST.load(Ordering::Relaxed);
    loop {
        // SAFETY: nobody else uses it, says the caller.
        unsafe { &*entry }.next.store(next, Ordering::Relaxed);
        // Release: pairs with the Acquire in `take`, for the link and for what the hook did to its entry.
        match FIRST.compare_exchange_weak(next, entry, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(first) => next = first,
        }
    }
}

/// What was taken off the list, and is put back if a destructor panics.
struct Taken(*mut Entry);

impl Taken {
    fn pop(&mut self) -> Option<Box<Entry>> {
        // SAFETY: null, or kept by `keep`, and taken off by this thread alone.
        let mut entry = (!self.0.is_null()).then(|| unsafe { Box::from_raw(self.0) })?;
        self.0 = *entry.next.get_mut();
        Some(entry)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        while let Some(entry) = self.pop() {
            // SAFETY: just made a box of, by `pop`.
            unsafe { keep(Box::into_raw(entry)) };
        }
    }
}

/// Frees what is there. Not async-signal-safe.
pub(crate) fn free() {
    let mut taken = Taken(FIRST.swap(ptr::null_mut(), Ordering::Acquire));
    while let Some(entry) = taken.pop() {
        entry::free(entry);
    }
}

/// In a forked child: what is there is the parent's, and neither freed nor dropped.
pub(crate) fn begin_anew(process: i32) {
    FIRST.begin_anew(process);
}
