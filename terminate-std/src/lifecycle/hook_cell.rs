//! [`HookCell`]: what a slot of the registry holds, on the heap, and how a hook is called.
//!
//! A signal handler must not free memory, and a handler-safe hook may run in one. So its call leaks its cell, wherever it runs;
//! a guard, which calls the hook on a thread and whose program goes on, frees the cell afterwards. An ordinary hook's call
//! frees its cell.

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

/// A cell that the registry owns. Dropped, it frees the cell.
pub(crate) struct Registered(NonNull<HookCell>);

// SAFETY: the only way to a box of what can be sent. Other threads read its label alone, which does not change.
unsafe impl Send for Registered {}

impl Registered {
    pub(crate) fn new(cell: Box<HookCell>) -> Self {
        // SAFETY: a box is never null.
        Self(unsafe { NonNull::new_unchecked(Box::into_raw(cell)) })
    }

    /// Where the cell is, to [get it back](Self::into_cell) if the registry refuses it.
    pub(crate) fn as_ptr(&self) -> NonNull<HookCell> {
        self.0
    }

    /// The owner of a cell that the registry leaked, or handed back.
    ///
    /// # Safety
    ///
    /// `cell` is from [`as_ptr`](Self::as_ptr) of a value that was forgotten, and has no other owner.
    pub(crate) unsafe fn from_ptr(cell: NonNull<HookCell>) -> Self {
        Self(cell)
    }

    #[expect(clippy::unnecessary_box_returns, reason = "the cell is in that box already")]
    pub(crate) fn into_cell(self) -> Box<HookCell> {
        let cell = self.0.as_ptr();
        mem::forget(self);
        // SAFETY: made by `into_raw`, and this was the only way to it.
        unsafe { Box::from_raw(cell) }
    }

    /// An ordinary hook: the registry calls it on a thread.
    pub(crate) fn run(self, cause: Cause) {
        let process = fork::current();
        self.call(process, cause);
        self.free(process);
    }

    /// A handler-safe hook. This is async-signal-safe, if the function is.
    pub(crate) fn run_handler_safe(self, cause: Cause) {
        self.call(fork::current(), cause);
        mem::forget(self);
    }

    /// Calls the function. A panic ends here, with a message.
    fn call(&self, process: &Process, cause: Cause) {
        let cell = self.0.as_ptr();
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

    /// Frees the cell, unless a supervisor reads labels: it may be reading this one.
    pub(crate) fn free(self, process: &Process) {
        // SeqCst: either this sees that a supervisor reads, or the supervisor sees that this is not the current hook any more.
        if process.is_current_read.load(Ordering::SeqCst) {
            mem::forget(self);
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // SAFETY: made by `into_raw`, and this was the only way to it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
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
