//! Windows: the numbers of its C runtime, and numbers of ours for the console events that have none there.
//!
//! | signal | what the system calls it |
//! | --- | --- |
//! | `INT`, `BREAK` | `CTRL_C_EVENT`, `CTRL_BREAK_EVENT` |
//! | `HUP` | `CTRL_CLOSE_EVENT`: the console is gone |
//! | `LOGOFF`, `SHUTDOWN` | `CTRL_LOGOFF_EVENT`, `CTRL_SHUTDOWN_EVENT` |
//! | `TERM`, `ABRT` | `raise(SIGTERM)` and `abort` of the C runtime |
//! | `SEGV`, `ILL`, `FPE` | exceptions that nothing handles |

use std::ffi::c_int;
use std::ops::RangeInclusive;

/// Those that request a termination.
pub(crate) const TERMINATION: &[c_int] = &[SIGINT, SIGTERM, SIGHUP, SIGBREAK, LOGOFF, SHUTDOWN];
/// Those that the system raises for what a thread did.
pub(crate) const FAULTS: &[c_int] = &[SIGSEGV, SIGILL, SIGFPE];

macro_rules! numbers {
    ($($name:ident $number:literal,)*) => {
        $(pub(crate) const $name: c_int = $number;)*
    };
}

// `SIGABRT` is what the C runtime calls `SIGABRT_COMPAT`.
numbers! {
    SIGHUP 1, SIGINT 2, SIGILL 4, SIGABRT 6, SIGFPE 8, SIGSEGV 11, SIGTERM 15, SIGBREAK 21, LOGOFF 37, SHUTDOWN 38,
}

// They stand for nothing: Linux' numbers, but for the one that is `SIGBREAK`'s.
numbers! {
    SIGQUIT 3, SIGTRAP 5, SIGBUS 7, SIGKILL 9, SIGUSR1 10, SIGUSR2 12, SIGPIPE 13, SIGALRM 14, SIGCHLD 17, SIGCONT 18,
    SIGSTOP 19, SIGTSTP 20, SIGTTOU 22, SIGURG 23, SIGXCPU 24, SIGXFSZ 25, SIGVTALRM 26, SIGPROF 27, SIGWINCH 28, SIGIO 29,
    SIGSYS 31, SIGTTIN 33,
}

/// Whether the system has a signal of that number.
pub(crate) fn exists(number: c_int) -> bool {
    number == SIGABRT || TERMINATION.contains(&number) || FAULTS.contains(&number)
}

/// There are no real-time signals.
#[allow(clippy::reversed_empty_ranges, reason = "there are none")]
pub(crate) fn real_time() -> RangeInclusive<c_int> {
    1..=0
}
