//! Calls of hooks outside of a pass: a guard at the end of its scope. The process does not end in the middle of one.
//!
//! Everything in this file but [`wait_but_for_stuck`] is async-signal-safe.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use terminate_core::HookId;

use crate::per_process::{PerProcess, Zeroed};
use crate::postponed::Postponed;
use crate::{Signal, owner, sys};

/// Who is in such a call.
struct Caller {
    /// The thread; zero if nobody is.
    tid: AtomicI32,
    /// The id of the hook, plus one; zero for a moment.
    hook: AtomicU64,
}

/// One entry a call. If more than that are at once, the process may end in the middle of one of the others.
#[repr(C)]
struct Callers {
    /// How many entries were ever used, counted from the first one. Most programs have none, and a signal comes when nothing
    /// of this is in the cache.
    used: AtomicUsize,
    entries: [Caller; 64],
}

// SAFETY: nothing but atomics.
unsafe impl Zeroed for Callers {}

static CALLERS: PerProcess<Callers> = PerProcess::new();

/// Counts the calls that are over, for those who wait.
static OVER: AtomicU32 = AtomicU32::new(0);

/// The signals that came in the middle of such a call, to a thread on which they were to end the process there and then.
static POSTPONED: PerProcess<Postponed> = PerProcess::new();

/// One call, as long as it lasts.
pub(crate) struct Call(HookId);

/// See [`sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const CALLERS).cast()
}

pub(crate) fn begin(id: HookId) -> Call {
    if let Some(caller) = Callers::take(sys::tid()) {
        // Release: pairs with the Acquire in `hooks`, for what was written of the hook.
        caller.hook.store(id.to_bits() + 1, Ordering::Release);
    }
    Call(id)
}

/// The hook of that id has returned. If this thread called it so, the call is over.
pub(crate) fn returned(id: HookId) {
    let hook = id.to_bits() + 1;
    let ours = |caller: &&Caller| {
        caller.hook.load(Ordering::Relaxed) == hook && caller.tid.load(Ordering::Relaxed) == sys::tid()
    };
    Callers::used().filter(ours).for_each(Caller::leave);
}

impl Drop for Call {
    fn drop(&mut self) {
        // If there was nothing to call, it has not returned.
        returned(self.0);
        // A child that was forked in the call has got none of its parent's signals.
        if owner::is_us() {
            POSTPONED.send();
        }
    }
}

impl Callers {
    fn take(tid: i32) -> Option<&'static Caller> {
        let callers = &*CALLERS;
        callers.entries.iter().enumerate().find_map(|(index, caller)| {
            // SeqCst: before the claim of the hook, for the conductor too, which looks here after its pass.
            callers.used.fetch_max(index + 1, Ordering::SeqCst);
            caller.tid.compare_exchange(0, tid, Ordering::SeqCst, Ordering::Relaxed).ok().map(|_| caller)
        })
    }

    /// Those that may be in use. `SeqCst`: who does not see one counted has looked before it was taken.
    #[inline]
    fn used() -> impl Iterator<Item = &'static Caller> {
        let callers = &*CALLERS;
        callers.entries.iter().take(callers.used.load(Ordering::SeqCst))
    }
}

impl Caller {
    fn leave(&self) {
        self.hook.store(0, Ordering::Relaxed);
        self.tid.store(0, Ordering::Release);
        OVER.fetch_add(1, Ordering::Release);
        sys::wake_all(&OVER);
    }
}

/// The hooks that are being called so.
pub(crate) fn hooks() -> impl Iterator<Item = HookId> {
    let hooks = Callers::used().map(|caller| caller.hook.load(Ordering::Acquire));
    hooks.filter(|hook| *hook != 0).map(|hook| HookId::from_bits(hook - 1))
}

/// Whether this thread is in such a call.
#[inline]
pub(crate) fn is_here() -> bool {
    let any = Callers::used().any(|caller| caller.tid.load(Ordering::Relaxed) != 0);
    any && {
        let tid = sys::tid();
        Callers::used().any(|caller| caller.tid.load(Ordering::Relaxed) == tid)
    }
}

/// Has the signal sent again when this thread's call is over.
pub(crate) fn postpone(signal: Signal) {
    POSTPONED.add(signal);
}

/// This thread will not go on with whatever it is in: nobody is to wait for that.
pub(crate) fn abandon() {
    abandon_those_of(sys::tid());
}

fn abandon_those_of(tid: i32) {
    Callers::used().filter(|caller| caller.tid.load(Ordering::Relaxed) == tid).for_each(Caller::leave);
}

/// Waits until every call is over, in a handler.
pub(crate) fn wait() {
    while let Err(over) = are_over() {
        sys::wait(&OVER, over, None);
    }
}

/// The same, on an ordinary thread. If somebody is in `exit`, says `exiting`, a call that is caught
/// in there is not waited for.
pub(crate) fn wait_but_for_stuck(exiting: impl Fn() -> bool) {
    let mut before: Vec<(i32, sys::stuck::Pause)> = Vec::new();
    while let Err(over) = are_over() {
        sys::wait(&OVER, over, Some(sys::stuck::INTERVAL));
        if exiting() {
            let tids = Callers::used().map(|caller| caller.tid.load(Ordering::Relaxed)).filter(|tid| *tid != 0);
            let now: Vec<_> = tids.filter_map(|tid| Some((tid, sys::stuck::pause_of(tid)?))).collect();
            now.iter().filter(|stuck| before.contains(*stuck)).for_each(|(tid, _)| abandon_those_of(*tid));
            before = now;
        }
    }
}

/// Whether every call is over; if not, how many have been. A child that was forked by a hook has none of its parent's other threads,
/// so there they are.
fn are_over() -> Result<(), u32> {
    if !owner::is_us() && !cfg!(terminate_seed_bug = "parents_calls") {
        return Ok(());
    }
    let over = OVER.load(Ordering::Acquire);
    // SeqCst: see `begin`.
    if Callers::used().all(|caller| caller.tid.load(Ordering::SeqCst) == 0) { Ok(()) } else { Err(over) }
}

/// Begins anew, in a forked child: whose parent waits for its own.
pub(crate) fn begin_anew(process: i32) {
    CALLERS.begin_anew(process);
    POSTPONED.begin_anew(process);
}
