//! What a slot of the registry holds: the function without its type, and how to speak of it.

use std::borrow::Cow;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, Location};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use terminate_core::HookId;

use crate::line::Line;
use crate::{Cause, calls, ending, spent, sys};

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

/// What a call looks at comes first, and together, since it is in no cache.
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) body: Box<Body>,
    /// Its registration, from then on.
    pub(crate) id: Option<HookId>,
    /// The process that registered it.
    pub(crate) owner: i32,
    /// Whether a forked child's copy is the child's own.
    pub(crate) inherited: bool,
    /// The next one of those that are spent: see [`crate::spent`].
    pub(crate) next: AtomicPtr<Entry>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) place: &'static Location<'static>,
}

/// The hook that the conductor is calling, the innermost one. Read by that thread, and by [`describe_current`].
static CURRENT: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());
/// Whether another thread is looking at `CURRENT`: then it is not freed.
static LOOKED_AT: AtomicBool = AtomicBool::new(false);

impl Entry {
    /// Whether it is a forked child's copy of its parent's hook: neither run nor dropped.
    fn is_foreign(&self) -> bool {
        self.owner != sys::process() && !self.inherited && !cfg!(terminate_seed_bug = "parents_hooks")
    }

    /// Calls the function. A panic ends here, with a message. This is async-signal-safe, if the function is.
    #[expect(clippy::inline_always, reason = "one function less to bring into the cache")]
    #[inline(always)]
    fn call(&mut self, cause: Cause) {
        let outer = ending::is_conducted_here().then(|| {
            let outer = CURRENT.load(Ordering::Relaxed);
            // Release: for what is in the entry. The conductor alone writes this, so it needs no exchange.
            CURRENT.store(self, Ordering::Release);
            outer
        });
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
        // The end need not wait for what follows; and must not, in a handler, on a thread that has the allocator locked.
        self.id.into_iter().for_each(calls::returned);
    }

    /// Apart, since a line is large, and a thread's alternate stack is small.
    #[cold]
    #[inline(never)]
    fn report(&self, what: &str) {
        self.describe(Line::new("terminate: ")).and(" ").and(what).and("; going on with the others").write();
    }

    fn describe(&self, line: Line) -> Line {
        let line = line.and("the hook");
        let line = match self.name.as_deref() {
            Some(name) => line.and(" \"").and(name).and("\""),
            None => line,
        };
        line.and(" made at ").and(self.place.file()).and(":").and_number(self.place.line())
    }
}

/// See [`sys::needs`].
#[inline]
pub(crate) fn needed() -> *const () {
    (&raw const CURRENT).cast()
}

/// An ordinary hook, as the registry holds it.
pub(crate) fn run(mut entry: Box<Entry>, cause: Cause) {
    if entry.is_foreign() {
        return std::mem::forget(entry);
    }
    entry.call(cause);
    free(entry);
}

/// Frees the entry, unless somebody looks at it.
pub(crate) fn free(entry: Box<Entry>) {
    // SeqCst: either this sees that somebody looks, or that one sees that this is not the current one any more.
    if LOOKED_AT.load(Ordering::SeqCst) {
        std::mem::forget(entry);
    }
}

/// A handler-safe hook, as the registry holds it: nothing that happens to it frees memory, on whichever thread.
pub(crate) struct HandlerSafe(*mut Entry);

// SAFETY: the only way to a box of what can be sent.
unsafe impl Send for HandlerSafe {}

impl HandlerSafe {
    pub(crate) fn new(entry: Box<Entry>) -> Self {
        Self(Box::into_raw(entry))
    }

    /// This is async-signal-safe, if the function is.
    #[inline(never)]
    pub(crate) fn run(self, cause: Cause) {
        // SAFETY: made by `into_raw`, and this is the only way to it.
        let entry = unsafe { &mut *self.0 };
        if entry.is_foreign() {
            return std::mem::forget(self);
        }
        entry.call(cause);
    }
}

impl Drop for HandlerSafe {
    fn drop(&mut self) {
        // SAFETY: made by `into_raw`, and this was the only way to it.
        unsafe { spent::keep(self.0) };
    }
}

/// Adds what the conductor is calling to a line, for another thread, which is about to end the process.
pub(crate) fn describe_current(line: Line) -> Line {
    LOOKED_AT.store(true, Ordering::SeqCst);
    // SAFETY: null, or an entry that is not freed any more, since whoever would sees the flag.
    match unsafe { CURRENT.load(Ordering::SeqCst).as_ref() } {
        Some(entry) => entry.describe(line),
        None => line.and("cleanup"),
    }
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
