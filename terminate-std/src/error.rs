//! What registering and installing can say.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use crate::{Hook, Signal};

/// Why a hook was not registered. The hook comes back with it.
///
/// ```
/// use terminate_std::{Hook, RegisterErrorKind, Signal};
/// let error = Hook::new(|_| ()).signals([Signal::KILL]).register().unwrap_err();
/// assert!(matches!(error.kind(), RegisterErrorKind::Uncatchable(Signal::KILL)));
/// let hook = error.into_hook().signals([Signal::TERM]);
/// # drop(hook);
/// ```
pub struct RegisterError(Box<Inner>);

struct Inner {
    kind: RegisterErrorKind,
    // A mutex that nobody locks: it makes the error `Sync`, as boxed errors have to be.
    hook: Mutex<Hook>,
}

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
    /// Every slot is taken: see [how many there are](crate::guide::capacity).
    Full {
        /// How many there are.
        capacity: usize,
    },
    /// No signal has that number.
    InvalidSignal(Signal),
    /// `SIGKILL` and `SIGSTOP` cannot be caught.
    Uncatchable(Signal),
    /// The signal is a fault of the thread that it hits, and the hook is an ordinary one.
    OrdinaryOnFault(Signal),
    /// The system refused to change what a signal does.
    Disposition(Signal, io::Error),
    /// The system has no thread for the watcher.
    NoWatcher(io::Error),
    /// The system has no thread to watch the deadline in this process, which was forked from the one that set it.
    NoDeadline(io::Error),
    /// The C library has no room for an exit handler.
    NoExitHandler,
    /// The hooks have run, and the process is about to end.
    TooLate,
    /// This [`StaticHook`](crate::StaticHook) is registered.
    AlreadyRegistered,
}

impl RegisterError {
    pub(crate) fn new(kind: RegisterErrorKind, hook: Hook) -> Self {
        Self(Box::new(Inner { kind, hook: Mutex::new(hook) }))
    }

    /// What is wrong.
    ///
    /// ```
    /// use terminate_std::{Hook, RegisterErrorKind, Signal};
    /// let error = Hook::new(|_| ()).signals([Signal::STOP]).register().unwrap_err();
    /// assert!(matches!(error.kind(), RegisterErrorKind::Uncatchable(Signal::STOP)));
    /// ```
    #[must_use]
    pub fn kind(&self) -> &RegisterErrorKind {
        &self.0.kind
    }

    /// The hook that was not registered.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// let error = Hook::new(|_| ()).signals([Signal::KILL]).register().unwrap_err();
    /// error.into_hook().signals(Signal::TERMINATION).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn into_hook(self) -> Hook {
        self.0.hook.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterError").field("kind", &self.0.kind).finish_non_exhaustive()
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hook was not registered: {}", self.0.kind)
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.kind.source()
    }
}

impl fmt::Display for RegisterErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(
                f,
                "all {capacity} slots are taken; unregister what is no longer needed, or build with the environment \
                 variable TERMINATE_CAPACITY set to a larger number"
            ),
            Self::InvalidSignal(signal) => write!(
                f,
                "{} is no signal that a program can handle; use one of the constants of `Signal`, or \
                 `Signal::real_time`",
                signal.as_raw()
            ),
            Self::Uncatchable(signal) => write!(
                f,
                "{signal} cannot be caught by any program; leave it out, and let a supervisor clean up after it"
            ),
            Self::OrdinaryOnFault(signal) => write!(
                f,
                "{signal} stops the thread in the middle of an instruction, where an ordinary closure must not run; \
                 leave it out, or promise with `unsafe Hook::handler_safe` that the hook is async-signal-safe"
            ),
            Self::Disposition(signal, error) => {
                write!(f, "the system refused to have {signal} handled ({error}); leave it out")
            }
            Self::NoWatcher(error) => write!(
                f,
                "no thread could be started to run ordinary hooks after a signal ({error}); raise the limit of threads \
                 (`ulimit -u`, the cgroup's pids.max), or register before starting many threads"
            ),
            Self::NoDeadline(error) => write!(
                f,
                "no thread could be started to watch the deadline in this forked process ({error}); raise the limit of \
                 threads (`ulimit -u`, the cgroup's pids.max)"
            ),
            Self::NoExitHandler => {
                f.write_str("the C library has no memory for an exit handler; register earlier, or free some")
            }
            Self::AlreadyRegistered => f.write_str(
                "this static hook is registered already, and will run once; unregister it first to change that",
            ),
            Self::TooLate => f.write_str("the hooks have already run, and the process is ending; call it right away"),
        }
    }
}

impl Error for RegisterErrorKind {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Disposition(_, error) | Self::NoWatcher(error) | Self::NoDeadline(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a [`Config`](crate::Config) was not installed.
///
/// ```
/// use terminate_std::{InstallError, install};
/// install()?;
/// assert!(matches!(install(), Err(InstallError::AlreadyInstalled)));
/// # Ok::<(), InstallError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// Another one was installed before.
    AlreadyInstalled,
    /// The C library has no room for an exit handler.
    NoExitHandler,
    /// The system has no thread to watch the deadline.
    NoDeadline(io::Error),
    /// A hook that was declared with `#[hook]` was not registered.
    Hook(RegisterError),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInstalled => {
                f.write_str("a configuration is installed already: install one, early in main, and leave it at that")
            }
            Self::NoExitHandler => fmt::Display::fmt(&RegisterErrorKind::NoExitHandler, f),
            Self::NoDeadline(error) => write!(
                f,
                "no thread could be started to watch the deadline ({error}); install earlier, or without a deadline"
            ),
            Self::Hook(error) => write!(f, "a declared hook was refused: {error}"),
        }
    }
}

impl Error for InstallError {}
