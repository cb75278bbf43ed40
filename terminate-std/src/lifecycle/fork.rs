//! Which [`Process`] this one has, and what a forked child does with its parent's.

use crate::sys;
use crate::types::atomic::{AtomicPtr, Ordering};

use super::process::{Process, adopt_in};

/// That of the first process that registers a hook.
static FIRST: Process = Process::new();
/// That of a forked child which registers, and of its own children until they do; else null.
static OWN: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// The `Process` that this process made or inherited. This is async-signal-safe.
pub(crate) fn current() -> &'static Process {
    // SAFETY: null, or made by `Box::into_raw` and never freed.
    unsafe { OWN.load(Ordering::Acquire).as_ref() }.unwrap_or(&FIRST)
}

/// The same, unless it is the parent's. This is async-signal-safe.
pub(crate) fn own() -> Option<&'static Process> {
    let process = current();
    is_current(process).then_some(process)
}

/// Whether it belongs to this process, and not to the one that this was forked from. This is async-signal-safe.
pub(crate) fn is_current(process: &Process) -> bool {
    process.owner() == sys::process_token() && !sys::borrows_memory()
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

/// In the one thread of a forked child, if its parent has hooks that go on there: keeps them, and lets go of the others,
/// which neither run nor are dropped. Where the parent's hooks have all run, there is nothing to keep.
pub(crate) fn keep_inherited_hooks() -> Option<&'static Process> {
    let table = current().table();
    if !table.has_inherited() || table.registry.is_closed() {
        return None;
    }
    for id in table.not_inherited() {
        // Its captured state is the parent's: closing or freeing it is not for the child.
        std::mem::forget(table.registry.take(id));
    }
    table.abandon_guards(None);
    Some(adopt(true))
}
