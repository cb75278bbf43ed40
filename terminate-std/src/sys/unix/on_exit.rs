//! The C library's `exit` and `quick_exit`.
//!
//! glibc takes an exit handler off its list before it calls it. Another thread in `exit` would then miss the handler, and end
//! the process in the middle of the hooks. (Since glibc 2.41 that thread waits.) So our handler puts itself back first, unless
//! it returns at once. There are two copies of it, for a thread that comes in the moment before that.

use std::mem;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::c_int;

use crate::sys;

/// What policy does about an `exit`. Before it runs hooks, it calls `stay`, so that other threads find it too.
pub(crate) type OnExit = fn(status: Option<c_int>, stay: &dyn Fn());

/// An [`OnExit`] once the handlers are in place. A forked child inherits the C library's list of them.
static ON_EXIT: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Has `exit` and `quick_exit` call the function.
///
/// # Errors
///
/// If the C library has no room.
pub(crate) fn on_exit(policy: OnExit) -> Result<(), ()> {
    if !ON_EXIT.load(Ordering::Acquire).is_null() {
        return Ok(());
    }
    stay_loaded();
    // If two threads are here at once, there are more than two copies of it, which return at once.
    for put in [put_on_exit, put_on_quick_exit, put_on_exit, put_on_quick_exit] {
        if put() != 0 {
            return Err(());
        }
    }
    ON_EXIT.store(policy as *mut (), Ordering::Release);
    Ok(())
}

/// Has `dlclose` leave the library mapped that has this code, if it is in one: handlers and the runner stay in use.
fn stay_loaded() {
    let mut here = mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let this: *const libc::c_void = (stay_loaded as fn()) as *const libc::c_void;
    // SAFETY: writes to `here`, whose name stays valid while the library is loaded. That it is loaded once more frees nothing.
    unsafe {
        if libc::dladdr(this, here.as_mut_ptr()) == 0 {
            return;
        }
        let here = here.assume_init_ref();
        if !here.dli_fname.is_null() && !sys::is_program(here) {
            libc::dlopen(here.dli_fname, sys::STAY_LOADED);
        }
    }
}

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "linux", target_env = "gnu", not(terminate_posix)))] {
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
    sys::put_on_quick_exit(quick_exiting)
}

/// Does what an `exit` with that status would have our exit handler do.
pub(crate) fn call_on_exit(status: c_int) {
    call(Some(status), &|| ());
}

/// An exit ends no thread before the exit handlers have run.
pub(crate) const fn is_alone() -> bool {
    false
}

fn exit(status: Option<c_int>, put_back: fn() -> c_int) {
    // A thread that goes on at once does not put it back: the C library would call it for ever.
    call(status, &|| {
        // Without room for it, a thread that calls `exit` meanwhile ends the process.
        let _ = put_back();
        super::altstack::mistrust_alternate_stack();
    });
}

fn call(status: Option<c_int>, stay: &dyn Fn()) {
    // SAFETY: null, or from `on_exit`, of a function of this type.
    let policy = unsafe { mem::transmute::<*mut (), Option<OnExit>>(ON_EXIT.load(Ordering::Acquire)) };
    if let Some(policy) = policy {
        policy(status, stay);
    }
}

/// Has the loader call the function when the program starts.
#[cfg(all(feature = "macros", debug_assertions))]
macro_rules! at_start {
    ($function:path) => {
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
        static START: extern "C" fn() = $function;
    };
}
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) use at_start;

/// Keeps a declared hook in the program. The linker does that.
#[cfg(feature = "macros")]
#[doc(hidden)]
#[macro_export]
macro_rules! __keep {
    ($declared:path) => {};
}

/// Has `exit` call the function, if the C library has room.
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) fn at_exit(function: extern "C" fn()) {
    // SAFETY: the function may be called at any time.
    unsafe { libc::atexit(function) };
}
