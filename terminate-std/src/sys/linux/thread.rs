//! Threads: their names for the kernel, and waiting for a word to change.
//!
//! All of this is async-signal-safe: plain system calls, and no descriptor.

use std::ptr;
use std::sync::atomic::AtomicU32;

pub(crate) fn pid() -> i32 {
    // SAFETY: takes nothing, cannot fail, and asks the kernel each time, so that a forked child gets its own.
    unsafe { libc::getpid() }
}

pub(crate) fn tid() -> i32 {
    // SAFETY: as for `getpid`.
    unsafe { libc::gettid() }
}

pub(crate) fn is_main_thread() -> bool {
    tid() == pid()
}

/// Waits while the word has that value; may return early (`futex(2)`).
pub(crate) fn wait(word: &AtomicU32, value: u32) {
    // SAFETY: the word is alive as long as the reference; no time limit.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            value,
            ptr::null::<libc::timespec>(),
        );
    }
}

/// Wakes everybody who waits for the word.
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
