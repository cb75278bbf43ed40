//! The numbers of the signals, and what the kernel does with them by default.

pub(crate) use libc::{
    SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGIO, SIGKILL, SIGPIPE, SIGPROF,
    SIGQUIT, SIGSEGV, SIGSTOP, SIGSYS, SIGTERM, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
};

use super::disposition;
use crate::Signal;

pub(crate) fn real_time_min() -> i32 {
    libc::SIGRTMIN()
}

pub(crate) fn real_time_max() -> i32 {
    libc::SIGRTMAX()
}

/// Whether a program may handle the signal: not 0, not 65, and not those that the C library keeps for its threads.
pub(crate) fn can_be_handled(signal: Signal) -> bool {
    disposition::is_taken_over(signal) || disposition::current(signal).is_ok()
}

/// What the kernel does if nobody handles the signal (`signal(7)`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Default {
    End,
    Ignore,
    Stop,
}

/// This is async-signal-safe.
pub(super) fn default_of(signal: Signal) -> Default {
    match signal {
        Signal::CHLD | Signal::CONT | Signal::URG | Signal::WINCH => Default::Ignore,
        Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => Default::Stop,
        _ => Default::End,
    }
}
