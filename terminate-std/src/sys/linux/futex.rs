//! Waiting until a word changes (`futex(2)`), and naming threads.
//!
//! All of this is async-signal-safe: plain system calls, and no descriptor. Each is a function of its own in the machine
//! code too, so that `cargo xtask audit` can read off what the handler calls.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

#[cfg(target_os = "android")]
use libc::__errno as errno_location;
#[cfg(not(target_os = "android"))]
use libc::__errno_location as errno_location;
use libc::c_long;

use super::process_token::{pid, process_token};

/// The number by which the kernel knows this thread.
#[inline(never)]
pub(crate) fn thread_id() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::gettid() }
}

/// As [`thread_id`], from the second call on a thread on without a system call. Not for signal handlers: it uses a
/// thread-local.
pub(crate) fn cached_thread_id() -> i32 {
    thread_local! {
        /// The number, and the process that had it: a forked child's thread has another one.
        static CACHED: Cell<(i32, i32)> = const { Cell::new((0, 0)) };
    }
    let process = process_token();
    let (id, of) = CACHED.get();
    if id != 0 && of == process {
        return id;
    }
    let id = thread_id();
    CACHED.set((id, process));
    id
}

/// Tells this thread from the others of its process, without a system call. A forked child's thread has its parent's.
#[allow(clippy::cast_possible_truncation, reason = "it is as wide as an address, or is one")]
pub(crate) fn thread_token() -> usize {
    // SAFETY: cannot fail. Each thread has an `errno` of its own, and a handler may use it (`errno(3)`, `signal-safety(7)`).
    unsafe { errno_location() as usize }
}

pub(crate) fn is_main_thread() -> bool {
    thread_id() == pid()
}

/// Waits while the word has that value, at most that long; may return early.
#[inline(never)]
pub(crate) fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    // The call takes two words. A `timespec` of the C library is wider than that on some systems of 32 bits.
    let limit = limit.map(|limit| -> [c_long; 2] {
        [limit.as_secs().try_into().unwrap_or(c_long::MAX), limit.subsec_nanos().cast_signed().into()]
    });
    let limit: *const [c_long; 2] = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word and the limit are alive as long as the call.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, value, limit);
    }
}

/// Wakes every thread that waits for the word.
#[inline(never)]
pub(crate) fn wake(word: &AtomicU32) {
    // SAFETY: the kernel takes the address as a name, and does not follow it.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX);
    }
}
