//! What `os` has on other systems than Linux in another way: see `linux.rs`.

use libc::{c_int, siginfo_t};

/// Has the system end this process if it is still there after so many seconds. No other signal than SIGALRM is to be had
/// everywhere, and a handler may have it blocked.
pub(crate) fn end_after(seconds: u32) {
    // SAFETY: touches no memory.
    unsafe { libc::alarm(seconds) };
}

/// Zero: nothing here sends a value with a signal.
#[must_use]
pub fn value_of(_: &siginfo_t) -> usize {
    0
}

/// Closes every descriptor from there on, as a daemon does.
pub fn close_from(first: c_int) {
    // SAFETY: cannot fail.
    let end = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    for fd in first..c_int::try_from(end).unwrap_or(c_int::MAX) {
        super::os::close(fd);
    }
}

/// Nothing: no other allocator has glibc's arenas.
pub fn allocate_in_one_arena() {}
