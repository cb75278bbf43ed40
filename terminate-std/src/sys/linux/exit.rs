//! libc's `exit` and `quick_exit`.
//!
//! glibc takes an exit handler off its list before it calls it. So if another thread is in `exit` by then, or the handler
//! itself calls it, that one would go on without the hooks, and end the process in the middle of them (before glibc
//! 2.41; since then, the other thread waits). So ours puts itself back first, unless it is going to return; and there are
//! two of it, for a thread that comes in the moment before that.

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
    // If two threads are here at once, there are more, which find nothing to do.
    for put in [put_on_exit, put_on_quick_exit, put_on_exit, put_on_quick_exit] {
        if put() != 0 {
            return Err(());
        }
    }
    HANDLED.store(true, Ordering::Release);
    Ok(())
}

cfg_if::cfg_if! {
    if #[cfg(target_env = "gnu")] {
        fn put_on_exit() -> c_int {
            unsafe extern "C" {
                fn on_exit(function: extern "C" fn(c_int, *mut libc::c_void), argument: *mut libc::c_void) -> c_int;
            }
            extern "C" fn exiting(status: c_int, _: *mut libc::c_void) {
                exit(Some(status), put_on_exit);
            }
            // SAFETY: the function may be called at any time, and does not use its argument.
            unsafe { on_exit(exiting, std::ptr::null_mut()) }
        }
    } else {
        // Only glibc tells the status. Without it, any panic of the main thread, caught or not, makes the cause of a
        // later exit `Panic`.
        fn put_on_exit() -> c_int {
            extern "C" fn exiting() {
                exit(None, put_on_exit);
            }
            // SAFETY: the function may be called at any time.
            unsafe { libc::atexit(exiting) }
        }
    }
}

fn put_on_quick_exit() -> c_int {
    extern "C" fn quick_exiting() {
        exit(None, put_on_quick_exit);
    }
    // SAFETY: the function may be called at any time, and stays; were this library unloaded, glibc would call it first.
    unsafe { at_quick_exit(quick_exiting) }
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

fn exit(status: Option<c_int>, put_back: fn() -> c_int) {
    // A forked child's exit is not the end of the process that registered the hooks.
    if owner::is_us() {
        // Put back by a thread that goes on at once, ours would be called for ever.
        if !conduct::is_through() {
            // Without room for it, whoever calls `exit` meanwhile has it his way.
            let _ = put_back();
        }
        stack::mistrust_alternate_stack();
        conduct::exit(panics::cause_of_exit(status), status);
    }
}
