//! [`Cause`]: why hooks run.

use std::fmt;

use super::signal::Signal;

/// Why a hook runs. Hooks get it as their argument.
///
/// ```
/// use terminate_std::{Cause, Signal};
/// assert_eq!(Cause::Exit.to_string(), "exit");
/// assert_eq!(Cause::Signal(Signal::TERM).to_string(), "SIGTERM");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Main returned, or a thread called `exit`; or a guard went out of scope.
    Exit,
    /// A panic ends the process; or a guard goes out of scope in a panic.
    Panic,
    /// The signal arrived, and a hook had requested it.
    Signal(Signal),
}

impl Cause {
    /// The signal, or `None` for exit and panic.
    ///
    /// ```
    /// use terminate_std::{Cause, Signal};
    /// assert_eq!(Cause::Signal(Signal::INT).signal(), Some(Signal::INT));
    /// assert_eq!(Cause::Exit.signal(), None);
    /// ```
    #[must_use]
    pub const fn signal(self) -> Option<Signal> {
        match self {
            Self::Signal(signal) => Some(signal),
            _ => None,
        }
    }
}

impl From<terminate_core::Cause> for Cause {
    fn from(cause: terminate_core::Cause) -> Self {
        match cause {
            terminate_core::Cause::Panic => Self::Panic,
            terminate_core::Cause::Signal(number) => Self::Signal(number.into()),
            _ => Self::Exit,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit => f.write_str("exit"),
            Self::Panic => f.write_str("panic"),
            Self::Signal(signal) => signal.fmt(f),
        }
    }
}
