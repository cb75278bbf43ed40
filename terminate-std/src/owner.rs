//! Whose hooks they are: the process that registered them, and what a forked child does with its copy.
//!
//! A child has a copy of the registry and of every word, but no watcher, since `fork` copies one thread. Unless a hook
//! says otherwise, the child is to act as if we were not there. So the handler and the exit handler first ask whether
//! this process is the owner, and if it is not, do what stood before. Only when the child registers a hook of its own
//! does it become an owner: it lets go of the parent's hooks, neither run nor dropped, and begins with a state of its own
//! ([`crate::per_process`]).
//!
//! Several threads of the child may do that at the same time. Every step is one that finds itself done, or does it, and none
//! undoes what was done since: a hook is let go if it is the parent's, and a word is exchanged if it is. Who is late has no
//! effect, and nobody is waited for. Before the last step, which says that the hooks are the child's, no handler and no
//! exit acts on any of it.
//!
//! With [`Hook::inherit_on_fork`](crate::Hook::inherit_on_fork) the child becomes an owner at once, in a handler of
//! `pthread_atfork(3)`, and keeps those hooks.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::line::Line;
use crate::registration::REGISTRY;
use crate::{asked, calls, conduct, deadline, decided, ending, panics, registration, shutdown, spent, sys};

/// Zero until the first registration; another process's, in a forked child.
static OWNER: AtomicI32 = AtomicI32::new(0);
static FOLLOWING: AtomicBool = AtomicBool::new(false);

/// See [`sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const OWNER).cast()
}

/// Whether the hooks are this process's. This is async-signal-safe.
pub(crate) fn is_us() -> bool {
    is_us_by(None)
}

/// The same, and faster where the calling thread knows its number.
#[inline]
pub(crate) fn is_us_by(tid: Option<i32>) -> bool {
    let registered = OWNER.load(Ordering::Acquire) == sys::process() && !sys::borrows_memory(tid);
    registered || cfg!(terminate_seed_bug = "parents_hooks")
}

/// Makes this process the owner. In a forked child, that is a new start.
pub(crate) fn adopt() {
    let this = sys::name_process();
    let owner = OWNER.load(Ordering::Acquire);
    if owner == this {
        return;
    }
    if owner != 0 {
        for id in REGISTRY.ids().filter(|id| asked::is_foreign(*id)) {
            // Its captured state is the parent's: closing or freeing it is not for us.
            std::mem::forget(REGISTRY.take(id));
        }
        ending::begin_anew(this);
        decided::begin_anew(this);
        calls::begin_anew(this);
        conduct::begin_anew(this);
        shutdown::begin_anew(this);
        panics::begin_anew(this);
        registration::begin_anew(this);
        spent::begin_anew(this);
        sys::begin_anew(this);
    }
    // Release: pairs with the Acquire in `is_us`, for all of this.
    OWNER.store(this, Ordering::Release);
}

/// Has every forked child become an owner if hooks are inherited.
///
/// # Errors
///
/// If the C library has no room for another handler.
pub(crate) fn follow_forks() -> Result<(), ()> {
    // Twice does no harm.
    if !FOLLOWING.load(Ordering::Acquire) {
        sys::after_fork(forked)?;
        FOLLOWING.store(true, Ordering::Release);
    }
    Ok(())
}

extern "C" fn forked() {
    if asked::any_inherited() {
        adopt();
        let failed = |what, error: io::Error, so| Line::new(what).and(&error.to_string()).and(so).write();
        // Handler-safe hooks alone get no thread, here as everywhere.
        if asked::any_ordinary()
            && let Err(error) = sys::start_watcher()
        {
            failed("terminate: no thread for inherited hooks (", error, "); signals will not run them");
        }
        if let Err(error) = deadline::keep() {
            failed("terminate: no thread for the inherited deadline (", error, "); hooks will have none");
        }
    }
}
