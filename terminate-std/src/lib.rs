#![doc = include_str!("../README.md")]

mod config;
mod ending;
mod entry;
mod error;
mod guard;
mod hook;
mod panics;
mod registration;
mod signal;
mod status;
mod sys;
mod termination;

pub use config::{Config, install};
pub use error::{InstallError, RegisterError, RegisterErrorKind};
pub use guard::{Guard, defer};
pub use hook::Hook;
pub use registration::{HookId, unregister};
pub use signal::{InvalidSignal, Iter as SignalSetIter, Signal, SignalSet};
pub use status::ExitStatus;
#[doc(inline)]
pub use terminate_core::{Cause, Phase, SignalNumber, UnregisterError};
pub use termination::{Sender, Termination, terminate, termination};

/// Registers a function that runs once, when the process exits, panics, or gets one of [`Signal::TERMINATION`].
///
/// The same as `Hook::new(f).register()`.
///
/// ```
/// let id = terminate_std::register(|cause| eprintln!("cleaning up after {cause}"))?;
/// # terminate_std::unregister(id).unwrap();
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
///
/// # Errors
///
/// A [`RegisterError`] that says what to do, with the hook in it.
#[track_caller]
pub fn register(f: impl FnOnce(Cause) + Send + 'static) -> Result<HookId, RegisterError> {
    Hook::new(f).register()
}
