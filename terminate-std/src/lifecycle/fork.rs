//! Which [`Process`] this one has, and what a forked child does with its parent's.

use crate::sys;
use crate::types::atomic::{AtomicPtr, Ordering};

use super::process::{Process, adopt_in};

/// The `Process` of the first process that registers a hook.
static FIRST: Process = Process::new();
/// The `Process` of a forked child that registers, and of its own children until they do; else null.
static OWN: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// The `Process` that this process made or inherited. This is async-signal-safe.
pub(crate) fn current() -> &'static Process {
    // SAFETY: null, or made by `Box::into_raw` and never freed.
    unsafe { OWN.load(Ordering::Acquire).as_ref() }.unwrap_or(&FIRST)
}

/// The `Process` of this process, unless it has only its parent's. This is async-signal-safe.
pub(crate) fn own() -> Option<&'static Process> {
    own_on_thread().filter(|_| !sys::borrows_memory())
}

/// As [`own`], without a system call: for calls that a child which shares its parent's memory (`vfork`) does not make.
pub(crate) fn own_on_thread() -> Option<&'static Process> {
    Some(current()).filter(|process| is_current(process))
}

/// Whether it belongs to this process, and not to the one that this was forked from; to its parent, in a child that shares its
/// parent's memory. This is async-signal-safe.
pub(crate) fn is_current(process: &Process) -> bool {
    process.owner() == sys::process_token()
}

/// The `Process` of this process, which makes one if it has only its parent's.
pub(crate) fn take_ownership() -> &'static Process {
    adopt(false)
}

fn adopt(keeps_hooks: bool) -> &'static Process {
    let inherited = OWN.load(Ordering::Acquire);
    // SAFETY: null, or made by `Box::into_raw` and never freed.
    let parent = unsafe { inherited.as_ref() }.unwrap_or(&FIRST);
    let token = sys::name_process();
    parent.take_ownership(token);
    if parent.owner() == token {
        return parent;
    }
    // SAFETY: `OWN` holds nothing else, and `inherited` was read before.
    unsafe { adopt_in(&OWN, inherited, Process::of_child(parent, token, keeps_hooks)) }
}

/// Keeps the hooks that are inherited, in the one thread of a forked child. The other hooks neither run nor are dropped. If
/// the parent's registry is closed, there is nothing to keep.
pub(crate) fn keep_inherited_hooks() -> Option<&'static Process> {
    let table = current().table();
    if table.registry.is_closed() || !table.hooks().any(|hook| hook.is_inherited()) {
        return None;
    }
    for hook in table.hooks().filter(|hook| !hook.is_inherited()) {
        // Its cell stays: what the hook captured is the parent's, and the child must not close or free it.
        let _ = table.registry.unregister(hook.id);
    }
    table.abandon_guards(|_| true);
    Some(adopt(true))
}
