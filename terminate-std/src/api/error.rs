//! What can go wrong when hooks are registered and a configuration is installed.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use crate::lifecycle::hook_cell::OwnedCell;
use crate::lifecycle::register::Refused;
use crate::types::options::Options;
pub use crate::types::register_error_kind::RegisterErrorKind;

/// Why a hook was not registered. It hands the hook back.
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
    // No code locks the mutex. It makes the error `Sync`, as boxed errors have to be.
    hook: Mutex<(OwnedCell, Options)>,
}

impl RegisterError {
    pub(super) fn new(refused: Refused) -> Self {
        let Refused { kind, cell, options } = refused;
        Self(Box::new(Inner { kind, hook: Mutex::new((cell, options)) }))
    }

    /// The reason.
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

    /// The parts of the hook that was refused: see `into_hook` beside [`Hook`](crate::Hook).
    pub(super) fn into_parts(self) -> (OwnedCell, Options) {
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
    /// A configuration was installed before.
    AlreadyInstalled,
    /// The C library has no room for an exit handler.
    NoExitHandler,
    /// The system has no thread for the runner, which a deadline or a grace needs.
    NoRunner(io::Error),
    /// The process ends, and it is too late for a deadline or a grace.
    TooLate,
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
            Self::NoRunner(error) => write!(
                f,
                "no thread could be started, which a deadline or a grace period needs ({error}); install earlier, or \
                 without them"
            ),
            Self::TooLate => f.write_str("the process ends already; install at the beginning of main"),
            Self::Hook(error) => write!(f, "a declared hook was refused: {error}"),
        }
    }
}

impl Error for InstallError {}
