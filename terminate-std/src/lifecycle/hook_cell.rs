//! [`HookCell`]: what a slot of the registry holds, on the heap, and how a hook is called.
//!
//! A signal handler must not free memory, and a handler-safe hook may run in one. So its call leaks its cell, wherever it runs.
//! A guard, which calls the hook on a thread and whose program goes on, frees the cell afterwards, and so does a thread that
//! takes the hook back. An ordinary hook's call frees its cell.

use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};

use terminate_core::{Cause, HookId};

use super::process::Process;
use super::{calls, fork};
use crate::storage::label::Label;
use crate::sys;
use crate::types::atomic::Ordering;

/// A hook's function, and how to name it.
pub(crate) struct HookCell {
    /// Called once: it takes what it calls out of itself, so that the call neither moves nor frees anything.
    function: Box<dyn FnMut(Cause) + Send>,
    pub(crate) label: Label,
    /// Its registration, from then on.
    pub(crate) id: Option<HookId>,
}

impl HookCell {
    pub(crate) fn new(f: impl FnOnce(Cause) + Send + 'static, label: Label) -> Self {
        let mut f = Some(f);
        let function = Box::new(move |cause| {
            if let Some(f) = f.take() {
                f(cause);
            }
        });
        Self { function, label, id: None }
    }
}

impl fmt::Debug for HookCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}

/// The cell of an ordinary hook, as the registry owns it. Dropped, it frees the cell.
pub(crate) struct Ordinary(NonNull<HookCell>);

/// The cell of a handler-safe hook, as the registry owns it. Nothing that the registry does frees it.
pub(crate) struct HandlerSafe(NonNull<HookCell>);

// SAFETY: the only way to a box of what can be sent. Other threads read its label alone, which does not change.
unsafe impl Send for Ordinary {}
// SAFETY: as above.
unsafe impl Send for HandlerSafe {}

pub(crate) fn into_raw(cell: Box<HookCell>) -> NonNull<HookCell> {
    NonNull::from(Box::leak(cell))
}

/// The cell of a hook that the registry handed back, or that no hook owns any more.
///
/// # Safety
///
/// `cell` is from [`into_raw`], and has no other owner.
#[expect(clippy::unnecessary_box_returns, reason = "the cell is in that box already")]
pub(crate) unsafe fn from_raw(cell: NonNull<HookCell>) -> Box<HookCell> {
    // SAFETY: promised by the caller.
    unsafe { Box::from_raw(cell.as_ptr()) }
}

/// Frees a cell that was called, unless a supervisor reads labels: it may be reading this one.
pub(crate) fn free(cell: Box<HookCell>, process: &Process) {
    // SeqCst: either this sees that a supervisor reads, or the supervisor sees that this is not the current hook any more.
    if process.is_current_read.load(Ordering::SeqCst) {
        mem::forget(cell);
    }
}

impl Ordinary {
    /// # Safety
    ///
    /// `cell` is from [`into_raw`], and this is its only owner.
    pub(crate) const unsafe fn new(cell: NonNull<HookCell>) -> Self {
        Self(cell)
    }

    /// The registry calls it on a thread.
    pub(crate) fn run(self, cause: Cause) {
        let process = fork::current();
        let cell = self.0;
        mem::forget(self);
        // SAFETY: promised to `new`.
        unsafe {
            call(cell, process, cause);
            free(from_raw(cell), process);
        }
    }
}

impl HandlerSafe {
    /// # Safety
    ///
    /// As for [`Ordinary::new`].
    pub(crate) const unsafe fn new(cell: NonNull<HookCell>) -> Self {
        Self(cell)
    }

    /// This is async-signal-safe, if the function is.
    pub(crate) fn run(self, cause: Cause) {
        // SAFETY: promised to `new`.
        unsafe { call(self.0, fork::current(), cause) };
    }
}

/// Calls the function. A panic ends here, with a message. This is async-signal-safe, if the function is.
///
/// # Safety
///
/// `cell` is from [`into_raw`], and the caller is its only owner.
unsafe fn call(cell: NonNull<HookCell>, process: &Process, cause: Cause) {
    let cell = cell.as_ptr();
    // SAFETY: the label is not changed while the cell is registered.
    let (label, id) = unsafe { (&raw mut (*cell).label, (*cell).id) };
    let thread = sys::thread_token();
    let outer = process.epoch_of_runner(thread).map(|_| {
        let outer = process.current.load(Ordering::Relaxed);
        // Release: for the label. The runner alone writes this, so it needs no exchange.
        process.current.store(label, Ordering::Release);
        outer
    });
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the registry gives the hook to one caller, so nothing else uses the function.
        let function = unsafe { &mut (*cell).function };
        function(cause);
    }));
    if let Some(outer) = outer {
        // It fails if this runner was replaced: the successor may be calling another hook.
        let _ = process.current.compare_exchange(label, outer, Ordering::SeqCst, Ordering::SeqCst);
        process.ran.fetch_add(1, Ordering::Relaxed);
    }
    if let Err(payload) = outcome {
        // SAFETY: as above.
        unsafe { &*label }.report("panicked");
        // Its destructor may panic too.
        mem::forget(payload);
    }
    if let Some(id) = id
        && process.table().end_guard(id, thread)
    {
        // The end need not wait for what follows.
        calls::wake_awaiting(process);
    }
}

impl Drop for Ordinary {
    fn drop(&mut self) {
        // SAFETY: promised to `new`.
        drop(unsafe { from_raw(self.0) });
    }
}

/// The hook that the runner calls, for a supervisor: it is not freed any more. This is async-signal-safe.
pub(crate) fn current_label(process: &Process) -> Option<&Label> {
    process.is_current_read.store(true, Ordering::SeqCst);
    // SAFETY: null, or a label that is not freed any more, since its thread would see the flag.
    unsafe { process.current.load(Ordering::SeqCst).as_ref() }
}

/// The runner is lost. If it comes back, its hook is freed then.
pub(crate) fn forget_current(process: &Process) {
    process.current.store(ptr::null_mut(), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// How often the function ran, and how many own what it captured, before and after it is dropped.
    fn uses(calls: usize, panics: bool) -> (usize, [usize; 2]) {
        let captured = Arc::new(AtomicUsize::new(0));
        let used = Arc::clone(&captured);
        let f = move |_| {
            used.fetch_add(1, Ordering::Relaxed);
            if panics {
                panic::resume_unwind(Box::new(()));
            }
        };
        let mut cell = HookCell::new(f, Label { name: None, place: Location::caller() });
        for _ in 0..calls {
            let _ = panic::catch_unwind(AssertUnwindSafe(|| (cell.function)(Cause::Exit)));
        }
        let held = Arc::strong_count(&captured);
        drop(cell);
        (captured.load(Ordering::Relaxed), [held, Arc::strong_count(&captured)])
    }

    #[test]
    fn what_a_function_captured_is_dropped_once_by_its_call_or_without_one() {
        assert_eq!(uses(0, false), (0, [2, 1]));
        for panics in [false, true] {
            assert_eq!(uses(1, panics), (1, [1, 1]));
            assert_eq!(uses(2, panics), (1, [1, 1]));
        }
    }
}
