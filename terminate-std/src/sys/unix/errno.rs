//! `errno` across a handler.

use libc::c_int;

/// Puts `errno` back when the handler returns: the interrupted code may be about to read it.
pub(super) struct Saved(c_int);

impl Saved {
    pub(super) fn new() -> Self {
        // SAFETY: the address is this thread's own.
        Self(unsafe { *libc::__errno_location() })
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        // SAFETY: the address is this thread's own.
        unsafe { *libc::__errno_location() = self.0 };
    }
}
