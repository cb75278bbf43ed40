//! Threads: their names for the kernel, and waiting for a word to change.
//!
//! All of this is async-signal-safe: plain system calls, and no descriptor. Each is a function of its own in the machine code
//! too, so that what can be called in the handler can be read off it (`cargo xtask audit`).

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

#[inline(never)]
pub(crate) fn pid() -> i32 {
    // SAFETY: takes nothing, cannot fail, and asks the kernel each time, so that a forked child gets its own.
    unsafe { libc::getpid() }
}

#[inline(never)]
#[unsafe(link_section = "terminate_handler")]
pub(crate) fn tid() -> i32 {
    // SAFETY: as for `getpid`.
    unsafe { libc::gettid() }
}

/// This thread, told from the others of its process without asking the kernel. A forked child's is its parent's.
#[allow(clippy::cast_possible_truncation, reason = "it is as wide as an address, or is one")]
pub(crate) fn this_thread() -> usize {
    // SAFETY: cannot fail. Each thread has an `errno` of its own, and a handler may use it (`errno(3)`, `signal-safety(7)`).
    unsafe { libc::__errno_location() as usize }
}

pub(crate) fn is_main_thread() -> bool {
    tid() == pid()
}

/// Waits while the word has that value, at most that long; may return early (`futex(2)`).
#[inline(never)]
pub(crate) fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    let limit = limit.map(|limit| libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    });
    let limit: *const libc::timespec = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word and the limit are alive as long as the call.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, value, limit);
    }
}

/// Wakes everybody who waits for the word.
#[inline(never)]
pub(crate) fn wake_all(word: &AtomicU32) {
    // SAFETY: the kernel takes the address as a name, and does not follow it.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX);
    }
}

/// For a thread whose work is done, and that must not return: another one ends the process.
pub(crate) fn sleep_for_ever() -> ! {
    loop {
        // SAFETY: waits for a signal, and changes nothing.
        unsafe { libc::pause() };
    }
}
