//! What a slot of the registry holds: the function without its type, and how to speak of it.

use std::borrow::Cow;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, Location};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::{Cause, ending, sys};

/// A registered function, whatever its type.
pub(crate) type Body = dyn Call + Send;

/// Called at most once, in place, so that a call neither moves nor frees the box that it is in.
pub(crate) trait Call {
    fn call(&mut self, cause: Cause);
}

struct Function<F>(Option<F>);

impl<F: FnOnce(Cause)> Call for Function<F> {
    fn call(&mut self, cause: Cause) {
        if let Some(f) = self.0.take() {
            f(cause);
        }
    }
}

impl Body {
    pub(crate) fn new(f: impl FnOnce(Cause) + Send + 'static) -> Box<Self> {
        Box::new(Function(Some(f)))
    }
}

pub(crate) struct Entry {
    pub(crate) body: Box<Body>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) place: &'static Location<'static>,
    /// The process that registered it.
    pub(crate) owner: i32,
    /// Whether a forked child's copy is the child's own.
    pub(crate) inherited: bool,
}

/// The hook that the conductor is calling, the innermost one. Read by that thread, and by [`describe_current`].
static CURRENT: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());
/// Whether another thread is looking at `CURRENT`: then it is not freed.
static LOOKED_AT: AtomicBool = AtomicBool::new(false);

/// How many runs in a signal handler are under way, on any thread.
static IN_HANDLER: AtomicUsize = AtomicUsize::new(0);

/// Runs `pass` as one in a signal handler: what its hooks were made of is not freed, since freeing is not
/// async-signal-safe. This is.
pub(crate) fn in_handler<R>(pass: impl FnOnce() -> R) -> R {
    // Relaxed: a pass sees its own increment. One on another thread leaks a little by mistake, at the end of the process.
    IN_HANDLER.fetch_add(1, Ordering::Relaxed);
    let result = pass();
    IN_HANDLER.fetch_sub(1, Ordering::Relaxed);
    result
}

impl Entry {
    /// Calls the function, if it is this process's. A panic ends here, with a message.
    pub(crate) fn run(mut self: Box<Self>, cause: Cause) {
        if self.owner != sys::pid() && !self.inherited {
            // A forked child's copy of its parent's hook: neither run nor dropped.
            return std::mem::forget(self);
        }
        let outer = ending::is_conductor().then(|| CURRENT.swap(&raw mut *self, Ordering::SeqCst));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| self.body.call(cause)));
        if let Some(outer) = outer {
            CURRENT.store(outer, Ordering::SeqCst);
            ending::count();
        }
        if let Err(payload) = outcome {
            self.report("panicked");
            // Its destructor may panic too.
            std::mem::forget(payload);
        }
        // SeqCst: either this sees that somebody looks, or that one sees that this is not the current one any more.
        if IN_HANDLER.load(Ordering::Relaxed) > 0 || LOOKED_AT.load(Ordering::SeqCst) {
            std::mem::forget(self);
        }
    }

    fn report(&self, what: &str) {
        sys::message(&format!("terminate: {} {what}; going on with the others\n", self.describe()));
    }

    fn describe(&self) -> String {
        let name = self.name.as_deref().map(|name| format!(" {name:?}")).unwrap_or_default();
        format!("the hook{name} made at {}:{}", self.place.file(), self.place.line())
    }
}

/// What the conductor is calling, for another thread, which is about to end the process.
pub(crate) fn describe_current() -> Option<String> {
    LOOKED_AT.store(true, Ordering::SeqCst);
    // SAFETY: null, or an entry that is not freed any more, since whoever would sees the flag.
    unsafe { CURRENT.load(Ordering::SeqCst).as_ref() }.map(Entry::describe)
}

/// Says what became of the hook that the conductor was calling, and that will not come back.
pub(crate) fn report_current(what: &str) {
    // SAFETY: null, or the entry of a call that has not returned, and will not.
    if let Some(entry) = unsafe { CURRENT.load(Ordering::SeqCst).as_ref() } {
        entry.report(what);
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("place", &self.place).finish_non_exhaustive()
    }
}
