//! The process id.

/// This is async-signal-safe.
#[inline(never)]
pub(crate) fn pid() -> i32 {
    // SAFETY: takes nothing, cannot fail, and asks the kernel each time, so that a forked child gets its own.
    unsafe { libc::getpid() }
}
