//! What a slot of the registry holds: the function without its type, and how to speak of it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop, offset_of};
use std::panic::{self, AssertUnwindSafe, Location};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use terminate_core::HookId;

use crate::line::Line;
use crate::sys::needs::LINE;
use crate::{Cause, calls, ending, spent, sys};

/// A registered function, whatever its type: where it is, and how it is called and freed. A `Box<dyn …>` would have that in a table,
/// one more line that is in no cache.
pub(crate) struct Body {
    /// A box of the function; of what is left of it, once it was called.
    function: *mut (),
    call: unsafe fn(*mut (), Cause),
    free: unsafe fn(*mut (), called: bool),
    /// Written by whoever has the entry to himself, while others may be reading who made it.
    called: AtomicBool,
    /// What it is to others, and to the compiler: so it is as little unwind-safe as what it may have captured.
    _is: PhantomData<Box<dyn FnOnce(Cause) + Send>>,
}

// SAFETY: made of a function that can be sent, and the only way to it.
unsafe impl Send for Body {}

impl Body {
    pub(crate) fn new<F: FnOnce(Cause) + Send + 'static>(f: F) -> Self {
        /// # Safety
        ///
        /// `function` is a box of an `F` that was not called.
        unsafe fn call<F: FnOnce(Cause)>(function: *mut (), cause: Cause) {
            // SAFETY: promised by the caller, who sees to it that nobody takes it once more.
            let f = unsafe { function.cast::<F>().read() };
            f(cause);
        }

        /// # Safety
        ///
        /// `function` is a box of an `F`, which was `called`, and nobody uses it any more.
        unsafe fn free<F>(function: *mut (), called: bool) {
            // SAFETY: promised by the caller.
            let mut function = unsafe { Box::from_raw(function.cast::<ManuallyDrop<F>>()) };
            if !called {
                // SAFETY: it is there still, and this is the last use of it.
                unsafe { ManuallyDrop::drop(&mut function) };
            }
        }

        Self {
            function: Box::into_raw(Box::new(f)).cast(),
            call: call::<F>,
            free: free::<F>,
            called: AtomicBool::new(false),
            _is: PhantomData,
        }
    }

    /// Calls it, at most once, in place: that neither moves nor frees the box that this is in.
    ///
    /// # Safety
    ///
    /// Nobody else calls it meanwhile.
    #[inline]
    unsafe fn call(&self, cause: Cause) {
        if !self.called.load(Ordering::Relaxed) {
            self.called.store(true, Ordering::Relaxed);
            // SAFETY: made by `new`, and not called before.
            unsafe { (self.call)(self.function, cause) };
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // SAFETY: made by `new`.
        unsafe { (self.free)(self.function, *self.called.get_mut()) };
    }
}

/// What a call looks at comes first, and together, since it is in no cache.
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) body: Body,
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

#[repr(C, align(64))]
struct Words {
    /// The hook that the conductor is calling, the innermost one. Read by that thread, and by [`describe_current`].
    current: AtomicPtr<Entry>,
    /// Whether another thread is looking at `current`: then it is not freed.
    looked_at: AtomicBool,
    /// The newest hook, what the registry calls for it, and its function, which may be gone: usually the first one to be called. See
    /// [`sys::needs`].
    newest: AtomicPtr<Entry>,
    thunk: AtomicPtr<()>,
    function: AtomicPtr<()>,
}

static WORDS: Words = Words {
    current: AtomicPtr::new(ptr::null_mut()),
    looked_at: AtomicBool::new(false),
    newest: AtomicPtr::new(ptr::null_mut()),
    thunk: AtomicPtr::new(ptr::null_mut()),
    function: AtomicPtr::new(ptr::null_mut()),
};

impl Entry {
    /// It is registered, and the newest one.
    pub(crate) fn expect(&self) {
        WORDS.newest.store(ptr::from_ref(self).cast_mut(), Ordering::Relaxed);
        WORDS.function.store(self.body.call as *mut (), Ordering::Relaxed);
    }

    /// Whether it is a forked child's copy of its parent's hook: neither run nor dropped.
    fn is_foreign(&self) -> bool {
        self.owner != sys::process() && !self.inherited && !cfg!(terminate_seed_bug = "parents_hooks")
    }

    /// Calls the function. A panic ends here, with a message. This is async-signal-safe, if the function is.
    ///
    /// # Safety
    ///
    /// The caller has the entry to himself, but for who looks at [`Words::current`].
    #[expect(clippy::inline_always, reason = "one function less to bring into the cache")]
    #[inline(always)]
    unsafe fn call(&self, cause: Cause) {
        let outer = ending::is_conducted_here().then(|| {
            let outer = WORDS.current.load(Ordering::Relaxed);
            // Release: for what is in the entry. The conductor alone writes this, so it needs no exchange.
            WORDS.current.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
            outer
        });
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: promised by the caller.
            unsafe { self.body.call(cause) };
        }));
        if let Some(outer) = outer {
            // Unless this one was given up, and somebody else is calling another one by now. That one would come back to this one,
            // which is gone: see `let_go_of_current`.
            let _ = WORDS.current.compare_exchange(
                ptr::from_ref(self).cast_mut(),
                outer,
                Ordering::SeqCst,
                Ordering::SeqCst,
            );
            ending::count();
        }
        if let Err(payload) = outcome {
            self.report("panicked");
            // Its destructor may panic too.
            mem::forget(payload);
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
pub(crate) const fn needed() -> *const () {
    (&raw const WORDS).cast()
}

/// The registry calls that for the newest hook, as for all of its kind.
pub(crate) fn expect_thunk(thunk: *const (), handler_safe: bool) {
    static PREPARED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
    if !PREPARED[usize::from(handler_safe)].swap(true, Ordering::Relaxed) {
        sys::needs::prepare_code(thunk);
    }
    WORDS.thunk.store(thunk.cast_mut(), Ordering::Relaxed);
}

/// The lines that a call of the newest hook begins with: a guess, and nobody may follow the addresses.
#[inline]
pub(crate) fn expected() -> [*const (); 7] {
    let newest = WORDS.newest.load(Ordering::Relaxed).cast_const();
    let thunk = WORDS.thunk.load(Ordering::Relaxed).cast_const();
    let function = WORDS.function.load(Ordering::Relaxed).cast_const();
    [
        thunk,
        // Every second one, as of all code.
        thunk.wrapping_byte_add(2 * LINE),
        thunk.wrapping_byte_add(4 * LINE),
        thunk.wrapping_byte_add(6 * LINE),
        newest.cast(),
        newest.wrapping_byte_add(offset_of!(Entry, next)).cast(),
        function,
    ]
}

/// An ordinary hook, as the registry holds it.
#[unsafe(link_section = "terminate_watcher")]
pub(crate) fn run(entry: Box<Entry>, cause: Cause) {
    if entry.is_foreign() {
        return mem::forget(entry);
    }
    // SAFETY: a box has one owner.
    unsafe { entry.call(cause) };
    free(entry);
}

/// Frees the entry, unless somebody looks at it.
pub(crate) fn free(entry: Box<Entry>) {
    // SeqCst: either this sees that somebody looks, or that one sees that this is not the current one any more.
    if WORDS.looked_at.load(Ordering::SeqCst) {
        mem::forget(entry);
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
    #[expect(clippy::inline_always, reason = "one function less to bring into the cache")]
    #[inline(always)]
    pub(crate) fn run(self, cause: Cause) {
        // SAFETY: made by `into_raw`, and this is the only way to it.
        let entry = unsafe { &*self.0 };
        if entry.is_foreign() {
            return mem::forget(self);
        }
        // SAFETY: as above.
        unsafe { entry.call(cause) };
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
    WORDS.looked_at.store(true, Ordering::SeqCst);
    // SAFETY: null, or an entry that is not freed any more, since whoever would sees the flag.
    match unsafe { WORDS.current.load(Ordering::SeqCst).as_ref() } {
        Some(entry) => entry.describe(line),
        None => line.and("cleanup"),
    }
}

/// Whoever called it was given up, and may come back: the entry is freed then.
pub(crate) fn let_go_of_current() {
    if !cfg!(terminate_seed_bug = "current_is_kept") {
        WORDS.current.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

/// Says what became of the hook that the conductor was calling, and that will not come back.
pub(crate) fn report_current(what: &str) {
    // SAFETY: null, or the entry of a call that has not returned, and will not.
    if let Some(entry) = unsafe { WORDS.current.load(Ordering::SeqCst).as_ref() } {
        entry.report(what);
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("place", &self.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// How often it was called, and how many own what it captured, before and after it is dropped.
    fn uses(calls: usize, panics: bool) -> (usize, [usize; 2]) {
        let captured = Arc::new(AtomicUsize::new(0));
        let used = Arc::clone(&captured);
        let body = Body::new(move |_| {
            used.fetch_add(1, Ordering::Relaxed);
            if panics {
                panic::resume_unwind(Box::new(()));
            }
        });
        for _ in 0..calls {
            let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: nobody else has it.
                unsafe { body.call(Cause::Exit) };
            }));
        }
        let held = Arc::strong_count(&captured);
        drop(body);
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

    #[test]
    fn a_function_without_a_size_is_called_too() {
        static CALLED: AtomicUsize = AtomicUsize::new(0);
        let body = Body::new(|_| _ = CALLED.fetch_add(1, Ordering::Relaxed));
        // SAFETY: nobody else has it.
        unsafe { body.call(Cause::Exit) };
        drop(Body::new(|_| _ = CALLED.fetch_add(1, Ordering::Relaxed)));
        assert_eq!(CALLED.load(Ordering::Relaxed), 1);
    }
}
