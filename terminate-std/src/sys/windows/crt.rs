//! What this uses of the C runtime.

use std::ffi::c_int;

/// A function for a signal.
pub(super) type Handler = extern "C" fn(c_int);

pub(super) const SIG_DFL: usize = 0;
pub(super) const SIG_IGN: usize = 1;
pub(super) const SIG_ERR: usize = usize::MAX;
/// What `raise` and `abort` call it by.
pub(super) const SIGABRT: c_int = 22;

unsafe extern "C" {
    pub(super) fn signal(number: c_int, handler: usize) -> usize;
    pub(super) fn atexit(function: extern "C" fn()) -> c_int;
    pub(super) safe fn exit(code: c_int) -> !;
    pub(super) safe fn abort() -> !;
}
