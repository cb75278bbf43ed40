//! This thread, for the system: its name, its signals, its `errno`.

use libc::{c_int, pthread_t};
use terminate_std::Signal;

/// The name of a thread, as a number that an atomic or a pipe takes: its `pthread_t`.
pub type Thread = usize;

/// This thread.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "it is a pointer, or as large as one")]
pub fn this_thread() -> Thread {
    // SAFETY: cannot fail.
    unsafe { libc::pthread_self() as Thread }
}

/// Sends a signal to a thread of this process, which has not ended.
pub fn send_to_thread(thread: Thread, signal: Signal) {
    // SAFETY: the thread is there, as the callers know.
    unsafe { libc::pthread_kill(thread as pthread_t, signal.as_raw()) };
}

/// Whether this is the main thread; in a forked child, the thread that forked.
#[must_use]
pub fn is_main() -> bool {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "linux")] {
            // SAFETY: cannot fail.
            unsafe { libc::gettid() == libc::getpid() }
        } else if #[cfg(target_os = "netbsd")] {
            // SAFETY: cannot fail. The main thread is the first.
            unsafe { libc::_lwp_self() == 1 }
        } else {
            unsafe extern "C" {
                fn pthread_main_np() -> c_int;
            }
            // SAFETY: cannot fail.
            unsafe { pthread_main_np() == 1 }
        }
    }
}

/// Sets this thread's `errno`.
pub fn set_errno(value: c_int) {
    // SAFETY: the address is this thread's own.
    unsafe { *errno_location() = value };
}

/// This thread's `errno`.
#[must_use]
pub fn errno() -> c_int {
    // SAFETY: the address is this thread's own.
    unsafe { *errno_location() }
}

fn errno_location() -> *mut c_int {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "linux")] {
            // SAFETY: cannot fail.
            unsafe { libc::__errno_location() }
        } else if #[cfg(any(target_os = "netbsd", target_os = "openbsd"))] {
            // SAFETY: cannot fail.
            unsafe { libc::__errno() }
        } else {
            // SAFETY: cannot fail.
            unsafe { libc::__error() }
        }
    }
}
