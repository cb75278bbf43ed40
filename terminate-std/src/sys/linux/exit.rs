//! libc's `exit` and `quick_exit`.

use std::sync::atomic::{AtomicBool, Ordering};

use libc::c_int;

use super::stack;

use crate::{conduct, owner, panics};

static HANDLED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    fn at_quick_exit(function: extern "C" fn()) -> c_int;
}

/// Has `exit` and `quick_exit` run the hooks.
///
/// # Errors
///
/// If the C library has no room.
pub(crate) fn handle_exit() -> Result<(), ()> {
    if HANDLED.load(Ordering::Acquire) {
        return Ok(());
    }
    // If two threads are here at once, ours are called twice, and the second time find nothing to do.
    // SAFETY: the function may be called at any time, and stays; were this library unloaded, glibc would call it first.
    if on_exit() != 0 || unsafe { at_quick_exit(quick_exiting) } != 0 {
        return Err(());
    }
    HANDLED.store(true, Ordering::Release);
    Ok(())
}

cfg_if::cfg_if! {
    if #[cfg(target_env = "gnu")] {
        fn on_exit() -> c_int {
            unsafe extern "C" {
                fn on_exit(function: extern "C" fn(c_int, *mut libc::c_void), argument: *mut libc::c_void) -> c_int;
            }
            extern "C" fn exiting(status: c_int, _: *mut libc::c_void) {
                exit(Some(status));
            }
            // SAFETY: the function may be called at any time, and does not use its argument.
            unsafe { on_exit(exiting, std::ptr::null_mut()) }
        }
    } else {
        // Only glibc tells the status. Without it, any panic of the main thread, caught or not, makes the cause of a
        // later exit `Panic`.
        fn on_exit() -> c_int {
            extern "C" fn exiting() {
                exit(None);
            }
            // SAFETY: the function may be called at any time.
            unsafe { libc::atexit(exiting) }
        }
    }
}

extern "C" fn quick_exiting() {
    exit(None);
}

/// Has `function` called in every child that `fork` makes.
///
/// # Errors
///
/// If the C library has no room.
pub(crate) fn after_fork(function: extern "C" fn()) -> Result<(), ()> {
    // SAFETY: the function may be called in any child, on its only thread.
    if unsafe { libc::pthread_atfork(None, None, Some(function)) } == 0 { Ok(()) } else { Err(()) }
}

fn exit(status: Option<c_int>) {
    // A forked child's exit is not the end of the process that registered the hooks.
    if owner::is_us() {
        stack::mistrust_alternate_stack();
        conduct::exit(panics::cause_of_exit(status), status);
    }
}
