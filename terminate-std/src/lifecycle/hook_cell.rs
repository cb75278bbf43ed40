//! [`HookCell`]: what a slot of the registry holds, on the heap, and how a hook is called.
//!
//! The registry has the cell's address, and frees nothing. A cell is freed in three places, each on an ordinary thread:
//!
//! - by the thread that takes the hook back,
//! - by a guard, when it has called the hook,
//! - by the thread that registers the next hook in the slot, after a run: see [`super::table`].
//!
//! So a supervisor may read the label of the hook that the runner calls: that cell stays until the process has ended.

use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;

use terminate_core::HookId;

use super::process::Process;
use super::{calls, fork, log};
use crate::storage::label::Label;
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::cause::Cause;

/// A hook's function, and how to name it. One allocation: the function follows in [`Full`].
pub(crate) struct HookCell {
    /// Calls the function if there is a cause. Otherwise it frees the cell.
    act: unsafe fn(NonNull<HookCell>, Option<Cause>),
    pub(crate) label: Label,
    /// Its registration, from then on.
    id: Option<HookId>,
}

#[repr(C)]
struct Full<F> {
    cell: HookCell,
    /// Taken by the call.
    function: Option<F>,
}

/// # Safety
///
/// `cell` is the start of a `Full<F>` from `Box::leak`, and the caller is its only user. Without a cause, it is the last one.
unsafe fn act<F: FnOnce(Cause)>(cell: NonNull<HookCell>, cause: Option<Cause>) {
    let mut full = cell.cast::<Full<F>>();
    match cause {
        // SAFETY: promised by the caller.
        Some(cause) => _ = unsafe { full.as_mut() }.function.take().map(|function| function(cause)),
        // SAFETY: promised by the caller.
        None => drop(unsafe { Box::from_raw(full.as_ptr()) }),
    }
}

/// A cell that no slot has. Dropped, it frees the cell.
pub(crate) struct OwnedCell(NonNull<HookCell>);

// SAFETY: the function is `Send`, and so is all else.
unsafe impl Send for OwnedCell {}
// SAFETY: a reference gives access to the label alone.
unsafe impl Sync for OwnedCell {}

impl OwnedCell {
    pub(crate) fn new<F: FnOnce(Cause) + Send + 'static>(function: F, label: Label) -> Self {
        let cell = HookCell { act: act::<F>, label, id: None };
        Self(NonNull::from(Box::leak(Box::new(Full { cell, function: Some(function) }))).cast())
    }

    pub(crate) fn label(&mut self) -> &mut Label {
        // SAFETY: this owns the cell.
        unsafe { &mut self.0.as_mut().label }
    }

    /// Calls the function, and frees the cell. A panic is the caller's.
    pub(crate) fn call(self, cause: Cause) {
        // SAFETY: this owns the cell.
        unsafe { (self.0.as_ref().act)(self.0, Some(cause)) }
    }

    /// For the slot of that hook.
    pub(crate) fn register(mut self, id: HookId) -> RegisteredCell {
        // SAFETY: this owns the cell.
        unsafe { self.0.as_mut() }.id = Some(id);
        let cell = RegisteredCell(self.0);
        mem::forget(self);
        cell
    }

    /// The cell with that [`address`](RegisteredCell::address), if it is not null.
    ///
    /// # Safety
    ///
    /// No slot has the cell any more, and nothing else owns it.
    pub(crate) unsafe fn from_address(address: *mut ()) -> Option<Self> {
        NonNull::new(address.cast()).map(Self)
    }
}

impl Drop for OwnedCell {
    fn drop(&mut self) {
        // SAFETY: `new` made `act` for what it leaked, and this is the cell's only owner.
        unsafe { (self.0.as_ref().act)(self.0, None) }
    }
}

impl fmt::Debug for OwnedCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: this owns the cell.
        unsafe { self.0.as_ref() }.label.fmt(f)
    }
}

/// The cell of a hook that a slot has.
#[derive(Clone, Copy)]
pub(crate) struct RegisteredCell(NonNull<HookCell>);

// SAFETY: as for `OwnedCell`. Other threads read its label alone, which does not change.
unsafe impl Send for RegisteredCell {}

impl RegisteredCell {
    pub(crate) fn address(self) -> *mut () {
        self.0.as_ptr().cast()
    }

    /// The cell of a hook that its slot does not have any more.
    ///
    /// # Safety
    ///
    /// Nothing else owns it.
    pub(crate) unsafe fn take_back(self) -> OwnedCell {
        OwnedCell(self.0)
    }

    /// Calls the function. A panic ends here, with a message. This is async-signal-safe, if the function is.
    pub(crate) fn run(self, cause: terminate_core::Cause) {
        let (process, thread, cell) = (fork::current(), sys::thread_token(), self.0.as_ptr());
        // SAFETY: the label and the id do not change while a slot has the cell.
        let (label, id, act) = unsafe { (&raw mut (*cell).label, (*cell).id, (*cell).act) };
        let outer = process.runner.epoch_of(thread).map(|_| {
            let outer = process.current.load(Ordering::Relaxed);
            // What a hook with a time limit calls through a guard is a part of that hook.
            if current_label(process).is_none_or(|outer| outer.timeout.is_none()) {
                // Release: for the label. The runner alone writes this, so it needs no exchange.
                process.current.store(label, Ordering::Release);
            }
            // A hook that came as the end began may request others than those that were noted then.
            if let Some(id) = id {
                process.note_requested(process.table().signals(id));
            }
            outer
        });
        let begin = log::begin(process);
        // SAFETY: the registry gives the hook to one caller.
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| unsafe { act(self.0, Some(cause.into())) }));
        // SAFETY: as above.
        log::end(process, begin, unsafe { &*label });
        if let Some(outer) = outer {
            // It fails if this hook is a part of another one, or if this runner was replaced: its successor may be calling another hook.
            let _ = process.current.compare_exchange(label, outer, Ordering::Relaxed, Ordering::Relaxed);
            process.ran.fetch_add(1, Ordering::Relaxed);
        }
        if let Err(payload) = outcome {
            // SAFETY: as above.
            unsafe { &*label }.report("panicked");
            // Its destructor may panic too.
            mem::forget(payload);
        }
        let Some(id) = id else { return };
        if process.table().end_guard(id, thread) {
            // The end need not wait for what follows.
            calls::wake_awaiting(process);
            // SAFETY: a guard on this thread called the hook, and its slot is not another one's yet. Nothing else frees the cell.
            unsafe { act(self.0, None) };
        } else {
            process.table().leave_cell(id);
        }
    }
}

/// The label of the hook that the runner calls, for a supervisor. This is async-signal-safe.
pub(crate) fn current_label(process: &Process) -> Option<&Label> {
    // SAFETY: null, or a label that is not freed before the process ends.
    unsafe { process.current.load(Ordering::Acquire).as_ref() }
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
        let cell = OwnedCell::new(f, Label { name: None, place: Location::caller(), timeout: None });
        for _ in 0..calls {
            // SAFETY: this test owns the cell.
            let once = || unsafe { (cell.0.as_ref().act)(cell.0, Some(Cause::Exit)) };
            let _ = panic::catch_unwind(AssertUnwindSafe(once));
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
