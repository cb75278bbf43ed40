//! Unix: the numbers are those of `signal.h`.

use std::ffi::c_int;
use std::ops::RangeInclusive;

pub(crate) use libc::*;

/// Those that request a termination.
pub(crate) const TERMINATION: &[c_int] = &[SIGINT, SIGTERM, SIGHUP];
/// Those that the system raises for what a thread did.
pub(crate) const FAULTS: &[c_int] = &[SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS];

/// Whether the system has a signal of that number, and more: whether a program can use it.
pub(crate) fn exists(number: c_int) -> bool {
    (1..32).contains(&number) || real_time().contains(&number)
}

/// Real-time signals for programs. The C library keeps the first for itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn real_time() -> RangeInclusive<c_int> {
    SIGRTMIN()..=SIGRTMAX()
}

/// A `SignalSet` does not hold their numbers, or there are none.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn real_time() -> RangeInclusive<c_int> {
    1..=0
}
