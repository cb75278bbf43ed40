//! The errors of registering and unregistering, and the report of a run.

use core::error::Error;
use core::fmt;

use crate::hook::Hook;

/// Why a hook was not registered. The hook is in it.
///
/// ```
/// use terminate_core::{Hook, RegisterError, Registry};
/// let registry = Registry::<1>::new();
/// registry.register(Hook::new(|_| ()))?;
/// assert!(matches!(registry.register(Hook::new(|_| ())), Err(RegisterError::Full(_))));
/// # Ok::<(), terminate_core::RegisterError<3>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RegisterError<const WORDS: usize> {
    /// Every slot of the registry is taken.
    Full(Hook<WORDS>),
    /// The registry is [closed](crate::Registry::close).
    Closed(Hook<WORDS>),
}

impl<const WORDS: usize> RegisterError<WORDS> {
    /// The hook that was not registered.
    ///
    /// ```
    /// use terminate_core::{Cause, Hook, Registry};
    /// let registry = Registry::<1>::new();
    /// registry.register(Hook::new(|_| ()))?;
    /// let refused = registry.register(Hook::new(|_| println!("now, then"))).unwrap_err();
    /// refused.into_hook().call(Cause::Exit);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn into_hook(self) -> Hook<WORDS> {
        match self {
            Self::Full(hook) | Self::Closed(hook) => hook,
        }
    }
}

impl<const WORDS: usize> fmt::Display for RegisterError<WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Full(_) => ReserveError::Full,
            Self::Closed(_) => ReserveError::Closed,
        };
        fmt::Display::fmt(&error, f)
    }
}

impl<const WORDS: usize> Error for RegisterError<WORDS> {}

/// Why a slot was not reserved.
///
/// ```
/// use terminate_core::{Registry, ReserveError};
/// let registry = Registry::<1>::new();
/// let taken = registry.reserve()?;
/// assert_eq!(registry.reserve().err(), Some(ReserveError::Full));
/// registry.close();
/// assert_eq!(registry.reserve().err(), Some(ReserveError::Closed));
/// # drop(taken);
/// # Ok::<(), ReserveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveError {
    /// Every slot of the registry is taken.
    Full,
    /// The registry is [closed](crate::Registry::close).
    Closed,
}

impl ReserveError {
    /// The error of a registration that failed for this reason.
    #[inline]
    pub(crate) fn with<const WORDS: usize>(self, hook: Hook<WORDS>) -> RegisterError<WORDS> {
        match self {
            Self::Full => RegisterError::Full(hook),
            Self::Closed => RegisterError::Closed(hook),
        }
    }
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "every slot of the registry is taken: unregister a hook, or give the registry more slots",
            Self::Closed => "the registry is closed: call the hook directly",
        })
    }
}

impl Error for ReserveError {}

/// Why a hook was not unregistered.
///
/// ```
/// use terminate_core::{Hook, Registry, UnregisterError};
/// static REGISTRY: Registry<8> = Registry::new();
/// let id = REGISTRY.register(Hook::new(|_| ()))?;
/// assert_eq!(REGISTRY.unregister(id), Ok(()));
/// assert_eq!(REGISTRY.unregister(id), Err(UnregisterError::Stale));
/// # Ok::<(), terminate_core::RegisterError<3>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnregisterError {
    /// Another thread is calling the hook, or a call further up on this stack. The hook is gone when that call ends.
    Running,
    /// The id names no hook: the hook has run, or was unregistered before.
    Stale,
}

impl fmt::Display for UnregisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "the hook is running: it can no longer be unregistered, and is gone when it returns",
            Self::Stale => "the id names no hook: the hook has run, or was unregistered before",
        })
    }
}

impl Error for UnregisterError {}

/// What one run of a registry did, and which hooks it left.
///
/// ```
/// use terminate_core::{Cause, Context, Hook, Registry};
/// static REGISTRY: Registry<8> = Registry::new();
/// REGISTRY.register(Hook::new(|_| ()))?;
/// let report = REGISTRY.run(Cause::Exit, Context::Thread);
/// assert_eq!((report.ran, report.running_elsewhere, report.left), (1, 0, 0));
/// # Ok::<(), terminate_core::RegisterError<3>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "hooks may still be running elsewhere"]
pub struct Report {
    /// How many hooks this run called.
    pub ran: usize,
    /// How many hooks were still running elsewhere when this run ended: on another thread, or in a run that this one interrupted
    /// or was called from.
    pub running_elsewhere: usize,
    /// How many hooks request the cause and are still registered. Such a hook may not run in
    /// [`Context::Handler`](crate::Context::Handler), or the run had called as many newer hooks as it may, or
    /// [`run_while`](crate::Registry::run_while) stopped.
    pub left: usize,
}
