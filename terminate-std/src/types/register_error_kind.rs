//! [`RegisterErrorKind`]: what is wrong with a registration, without the hook that comes back.

use std::error::Error;
use std::{fmt, io};

use super::signal::Signal;

/// What is wrong with a registration. Its text says what to do.
///
/// ```
/// use terminate_std::{Hook, Signal};
/// let error = Hook::new(|_| ()).signals([Signal::SEGV]).register().unwrap_err();
/// assert!(error.kind().to_string().contains("promise with `unsafe Hook::handler_safe`"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RegisterErrorKind {
    /// All slots are taken: see [how many there are](crate::guide::capacity).
    Full {
        /// How many slots there are.
        capacity: usize,
    },
    /// The system has no such signal, or keeps it from programs.
    InvalidSignal(Signal),
    /// `SIGKILL` and `SIGSTOP` cannot be caught.
    Uncatchable(Signal),
    /// The signal is a fault, and the hook is an ordinary one.
    OrdinaryOnFault(Signal),
    /// The system refused to change what a signal does.
    Disposition(Signal, io::Error),
    /// The system has no thread for the runner.
    NoRunner(io::Error),
    /// The C library has no room for an exit handler.
    NoExitHandler,
    /// All hooks have run, or the hook is an ordinary one and the hooks run without the runner, where an ordinary hook
    /// cannot run.
    TooLate,
    /// This [`StaticHook`](crate::StaticHook) is registered already.
    AlreadyRegistered,
}

impl fmt::Display for RegisterErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(
                f,
                "all {capacity} slots are taken; unregister hooks that are no longer needed, or build with the environment \
                 variable TERMINATE_CAPACITY set to a larger number"
            ),
            Self::InvalidSignal(signal) => write!(
                f,
                "this system has no {signal} for programs; use one of the constants of `Signal` that it has, or \
                 `Signal::real_time`"
            ),
            Self::Uncatchable(signal) => {
                write!(f, "no program can catch {signal}; leave it out, and let a supervisor clean up after it")
            }
            Self::OrdinaryOnFault(signal) => write!(
                f,
                "{signal} stops the thread in the middle of an instruction, where an ordinary closure must not run; \
                 leave it out, or promise with `unsafe Hook::handler_safe` that the hook is async-signal-safe"
            ),
            Self::Disposition(signal, error) => {
                write!(f, "the system does not let this program handle {signal} ({error}); leave it out")
            }
            Self::NoRunner(error) => write!(
                f,
                "no thread could be started to run ordinary hooks ({error}); raise the limit of threads (`ulimit -u`, the \
                 cgroup's pids.max), or register before the program starts many threads"
            ),
            Self::NoExitHandler => f.write_str("the C library has no memory for an exit handler; register earlier"),
            Self::AlreadyRegistered => f.write_str(
                "this static hook is registered already, and will run once; unregister it first to change that",
            ),
            Self::TooLate => f.write_str("the process ends, and it is too late for this hook; call it right away"),
        }
    }
}

impl Error for RegisterErrorKind {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Disposition(_, error) | Self::NoRunner(error) => Some(error),
            _ => None,
        }
    }
}
