//! A system without signals: the names have Linux' numbers, and stand for nothing.

use std::ffi::c_int;
use std::ops::RangeInclusive;

/// Those that request a termination.
pub(crate) const TERMINATION: &[c_int] = &[];
/// Those that the system raises for what a thread did.
pub(crate) const FAULTS: &[c_int] = &[];

macro_rules! numbers {
    ($($name:ident $number:literal,)*) => {
        $(pub(crate) const $name: c_int = $number;)*
    };
}

numbers! {
    SIGHUP 1, SIGINT 2, SIGQUIT 3, SIGILL 4, SIGTRAP 5, SIGABRT 6, SIGBUS 7, SIGFPE 8, SIGKILL 9, SIGUSR1 10, SIGSEGV 11,
    SIGUSR2 12, SIGPIPE 13, SIGALRM 14, SIGTERM 15, SIGCHLD 17, SIGCONT 18, SIGSTOP 19, SIGTSTP 20, SIGTTIN 21,
    SIGTTOU 22, SIGURG 23, SIGXCPU 24, SIGXFSZ 25, SIGVTALRM 26, SIGPROF 27, SIGWINCH 28, SIGIO 29, SIGSYS 31,
}

/// Whether the system has a signal of that number.
pub(crate) fn exists(_: c_int) -> bool {
    false
}

/// Real-time signals for programs: none.
#[allow(clippy::reversed_empty_ranges, reason = "it is to be empty")]
pub(crate) fn real_time() -> RangeInclusive<c_int> {
    1..=0
}
