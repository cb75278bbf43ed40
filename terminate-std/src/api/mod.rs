//! The functions and types that programs use.

mod config;
#[cfg(feature = "macros")]
mod declared;
mod exit_with_signal;
mod graceful;
mod guard;
mod hold;
mod hook;
pub mod interrupt;
mod print;
mod sandbox;
mod setters;
mod static_hook;
mod termination;

pub use config::{Config, InstallError, PanicPolicy, install};
pub use exit_with_signal::exit_with_signal;
pub use graceful::{Shutdown, request, requested, shutdown, wait, wait_timeout};
pub use guard::Guard;
pub use hold::hold;
pub use hook::{Hook, RegisterError, defer, register, unregister};
#[doc(hidden)]
pub use print::__print;
pub use sandbox::restart_runner;
pub use static_hook::StaticHook;
#[doc(inline)]
pub use terminate_core::{Phase, UnregisterError};
pub use termination::{LostHook, TerminationInfo, terminate, termination};

pub use crate::lifecycle::register::HookId;
pub use crate::types::cause::Cause;
pub use crate::types::exit_status::ExitStatus;
pub use crate::types::register_error_kind::RegisterErrorKind;
pub use crate::types::sender::Sender;
pub use crate::types::signal::{InvalidSignal, Signal};
pub use crate::types::signal_set::{SignalSet, Signals};

/// Makes a function a hook that [`install`] registers: the declarative form of [`StaticHook`].
///
/// The function takes the [`Cause`], or no argument. Hooks are registered in source order (files by name, then by
/// line), so the last one runs first. The options are the methods of [`Hook`]:
///
/// | option | as |
/// | --- | --- |
/// | `signals(INT, TERM)` | [`Hook::signals`]; without it, [`Signal::TERMINATION`] |
/// | `phase = Last` | [`Hook::phase`] |
/// | `exit_status = Code(3)` | [`Hook::exit_status`] |
/// | `interrupt_on_sigint`, `inherit_on_fork`, `override_ignored`, `unless_handled` | the methods with these names |
/// | `name = "…"` | [`Hook::name`] |
/// | `unsafe(handler_safe)` | [`Hook::handler_safe`], with its promise |
///
/// ```
/// use terminate_std::{Cause, hook};
///
/// #[hook(signals(INT, TERM), exit_status = Success)]
/// fn cleanup(cause: Cause) {
///     println!("cleaning up after {cause}");
/// }
///
/// terminate_std::install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[cfg(feature = "macros")]
pub use terminate_std_macros::hook;

/// [`exit_with_signal`](fn@exit_with_signal) around a whole function, which then does not return.
///
/// ```standalone_crate
/// use std::{env, os::unix::process::ExitStatusExt, process::Command};
/// use terminate_std::{Signal, exit_with_signal};
///
/// #[exit_with_signal(USR1)]
/// fn work() {
///     panic!("the parent sees SIGUSR1, even now");
/// }
///
/// # fn main() -> std::io::Result<()> {
/// if env::var_os("CHILD").is_some() {
///     work();
/// }
/// let status = Command::new(env::current_exe()?).env("CHILD", "1").status()?;
/// assert_eq!(status.signal(), Some(Signal::USR1.as_raw()));
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "macros")]
pub use terminate_std_macros::exit_with_signal;

/// What the attributes expand to: not for use by hand.
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private {
    pub use super::declared::{Declared, TERMINATE_STD_0_1_HOOKS};
    pub use linkme;
}
