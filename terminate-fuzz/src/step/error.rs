//! Why a scenario could not be played.

use std::error::Error;
use std::{fmt, io};

/// Why a scenario could not be played to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepError {
    /// This target has no trap flag that we know how to use.
    Unsupported,
    /// The operating system refused something.
    Os(io::Error),
    /// The process in which the scenario was played ended early.
    Stage(String),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("the stepper needs the trap flag of x86_64, and Linux"),
            Self::Os(error) => fmt::Display::fmt(error, f),
            Self::Stage(what) => write!(f, "the scenario came to no end: {what}"),
        }
    }
}

impl Error for StepError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Os(error) => Some(error),
            Self::Unsupported | Self::Stage(_) => None,
        }
    }
}

impl From<io::Error> for StepError {
    fn from(error: io::Error) -> Self {
        Self::Os(error)
    }
}
