//! [`Hook`], the builder: what to run, when, and how the process ends afterwards.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use terminate_core::{Cause, Phase, UnregisterError};

use super::error::RegisterError;
use super::guard::Guard;
use crate::lifecycle::hook_cell::OwnedCell;
use crate::lifecycle::register::{self, HookId, Refused};
use crate::storage::label::Label;
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::register_error_kind::RegisterErrorKind;
use crate::types::signal::{Signal, SignalSet};

/// A cleanup function, and when it runs.
///
/// It always runs when the program exits or when a panic ends it. [`signals`](Self::signals) adds signals. See the
/// [guide](crate::guide::what_runs_when) for what runs when, and on which thread.
///
/// ```
/// use terminate_std::{ExitStatus, Hook, Phase, Signal};
///
/// let id = Hook::new(|cause| eprintln!("going down: {cause}"))
///     .signals([Signal::INT, Signal::TERM])
///     .exit_status(ExitStatus::Shell)
///     .phase(Phase::Last)
///     .name("farewell")
///     .register()?;
/// # terminate_std::unregister(id).unwrap();
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[must_use = "a hook does nothing until it is registered"]
pub struct Hook {
    cell: OwnedCell,
    options: Options,
}

impl Hook {
    /// An ordinary hook: it may do anything that a thread may do. It runs on the runner, a thread of its own, at every
    /// cause.
    ///
    /// It requests [`Signal::TERMINATION`].
    ///
    /// ```
    /// use terminate_std::Hook;
    /// let id = Hook::new(|cause| eprintln!("cleaning up after {cause}")).register()?;
    /// # terminate_std::unregister(id).unwrap();
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[track_caller]
    pub fn new(f: impl FnOnce(Cause) + Send + 'static) -> Self {
        Self::with_options(f, Options::new(false))
    }

    /// A hook that may run inside a signal handler, on a thread that was interrupted at any instruction.
    ///
    /// Only such a hook can request a fault (`SEGV`, `BUS`, `ILL`, `FPE`, `TRAP`, `SYS`). If all hooks of a program are
    /// of this kind, there is no runner. Then they run in the handler, or on the thread that exits.
    ///
    /// # Safety
    ///
    /// It must be sound to call `f`, and to drop what it captures, in a signal handler. There only functions are sound
    /// that POSIX lists as async-signal-safe (`signal-safety(7)`):
    ///
    /// - no allocation and no freeing: capture numbers, descriptors and `&'static`s, nothing that owns memory;
    /// - no lock, no panic, no formatted output, no thread-local;
    /// - atomics, and plain system calls such as `write(2)` and `unlink(2)`, are allowed.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// // SAFETY: `unlink` is async-signal-safe, and the path is static.
    /// let hook = unsafe {
    ///     Hook::handler_safe(|_| {
    ///         libc::unlink(c"/run/example.pid".as_ptr());
    ///     })
    /// };
    /// let id = hook.signals([Signal::SEGV, Signal::TERM]).register()?;
    /// # terminate_std::unregister(id).unwrap();
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[track_caller]
    pub unsafe fn handler_safe(f: impl FnOnce(Cause) + Send + 'static) -> Self {
        Self::with_options(f, Options::new(true))
    }

    #[track_caller]
    pub(super) fn with_options(f: impl FnOnce(Cause) + Send + 'static, options: Options) -> Self {
        let label = Label { name: None, place: Location::caller() };
        Self { cell: OwnedCell::new(f, label), options }
    }

    /// The hook, with the reason why it cannot be registered.
    pub(super) fn refused(self, kind: RegisterErrorKind) -> RegisterError {
        RegisterError::new(Refused { kind, cell: self.cell, options: self.options })
    }

    /// Requests these signals, instead of [`Signal::TERMINATION`]. Exit and panic stay requested.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// Hook::new(|_| ()).signals([Signal::INT, Signal::QUIT]).register()?;
    /// Hook::new(|_| ()).signals(Signal::TERMINATION.with(Signal::USR1)).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn signals(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        (self.options.signals, self.options.refused) = (SignalSet::EMPTY, None);
        for signal in signals {
            self.options.signals = self.options.signals.with(signal);
            let is_refused = register::refusal(signal, self.options.handler_safe).is_some();
            self.options.refused = self.options.refused.or(is_refused.then_some(signal));
        }
        self
    }

    /// Puts the hook into a phase, instead of [`Phase::Main`].
    ///
    /// ```
    /// use terminate_std::{Hook, Phase};
    /// Hook::new(|_| eprintln!("second: the log is closed")).phase(Phase::Last).register()?;
    /// Hook::new(|_| eprintln!("first: the workers stop")).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn phase(mut self, phase: Phase) -> Self {
        self.options.phase = phase;
        self
    }

    /// How the process ends after a signal that this hook requests. See [`ExitStatus`] for which hook decides if
    /// several hooks request it.
    ///
    /// ```
    /// use terminate_std::{ExitStatus, Hook, Signal};
    /// Hook::new(|_| ()).signals([Signal::TERM]).exit_status(ExitStatus::Shell).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn exit_status(mut self, status: ExitStatus) -> Self {
        self.options.exit_status = Some(status);
        self
    }

    /// Whether a signal that this hook requests counts as success: `true` is [`ExitStatus::Success`], `false` is
    /// [`ExitStatus::Signal`].
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// // A server that stops on request has not failed.
    /// Hook::new(|_| ()).signals([Signal::TERM]).successful_exit(true).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn successful_exit(self, successful: bool) -> Self {
        self.exit_status(if successful { ExitStatus::Success } else { ExitStatus::Signal })
    }

    /// Whether to handle signals even if the process inherited them as ignored. `nohup` and a shell's `&` ignore
    /// signals on purpose, so the default is `false`.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// // Even under `nohup`.
    /// Hook::new(|_| ()).signals([Signal::HUP]).override_ignored(true).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn override_ignored(mut self, over: bool) -> Self {
        self.options.override_ignored = over;
        self
    }

    /// Whether SIGINT interrupts the program, and does not end it. The hooks that request SIGINT run, all other hooks
    /// stay, and the next [`checkpoint`](crate::checkpoint) returns [`Interrupt`](crate::Interrupt).
    ///
    /// Of several hooks that request SIGINT and set this, the first registered one decides. A hook that has run is
    /// gone. For the next Ctrl-C, register it again after the checkpoint. A hook that registers itself again runs again
    /// at once.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal, checkpoint};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// Hook::new(|_| eprintln!("interrupted")).signals([Signal::INT]).interrupt_on_sigint(true).register()?;
    /// for _ in 0..3 {
    ///     // A Ctrl-C leaves the loop here.
    ///     checkpoint()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn interrupt_on_sigint(mut self, interrupt: bool) -> Self {
        self.options.interrupt_on_sigint = Some(interrupt);
        self
    }

    /// Whether a forked child gets a copy of this hook, which runs at the child's end. By default a hook belongs to the
    /// process that registered it, and a child neither runs nor drops it.
    ///
    /// If the hooks need a runner, the child starts one inside `fork`. See the [guide](crate::guide::fork).
    ///
    /// ```
    /// use terminate_std::Hook;
    /// Hook::new(|_| eprintln!("process {} ends", std::process::id())).inherit_on_fork(true).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn inherit_on_fork(mut self, inherit: bool) -> Self {
        self.options.inherit_on_fork = inherit;
        self
    }

    /// A name for messages, which also say where the hook was made.
    ///
    /// ```
    /// use terminate_std::Hook;
    /// Hook::new(|_| panic!("reported as: the hook \"pid file\"")).name("pid file").register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.cell.label().name = Some(name.into());
        self
    }

    /// Registers the hook.
    ///
    /// ```
    /// use terminate_std::{Hook, RegisterErrorKind, Signal};
    /// let error = Hook::new(|_| ()).signals([Signal::from_raw(65)]).register().unwrap_err();
    /// assert!(matches!(error.kind(), RegisterErrorKind::InvalidSignal(_)));
    /// error.into_hook().signals([Signal::TERM]).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`RegisterError`] that says what to do, with the hook in it. A refused hook takes no slot. A signal that
    /// cannot be handled is refused before any disposition changes or a thread starts.
    pub fn register(self) -> Result<HookId, RegisterError> {
        register::register(self.cell, self.options).map_err(RegisterError::new)
    }

    /// Registers the hook. It also runs when the guard goes out of scope, if that is first.
    ///
    /// ```
    /// use terminate_std::Hook;
    /// let guard = Hook::new(|_| println!("rolled back")).name("rollback").guard()?;
    /// assert!(guard.run_now());
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register).
    pub fn guard(self) -> Result<Guard, RegisterError> {
        self.register().map(Guard::new)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("label", &self.cell).field("options", &self.options).finish()
    }
}

impl RegisterError {
    /// The hook that was not registered.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// let error = Hook::new(|_| ()).signals([Signal::KILL]).register().unwrap_err();
    /// error.into_hook().signals(Signal::TERMINATION).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn into_hook(self) -> Hook {
        let (cell, options) = self.into_parts();
        Hook { cell, options }
    }
}

/// Registers a function that runs when the guard goes out of scope or when the process ends, whichever is first.
///
/// Short for `Hook::new(f).guard()`.
///
/// ```
/// {
///     let _guard = terminate_std::defer(|cause| println!("at the end of a scope the cause is {cause}"))?;
/// }
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
///
/// # Errors
///
/// As for [`Hook::register`].
#[track_caller]
pub fn defer(f: impl FnOnce(Cause) + Send + 'static) -> Result<Guard, RegisterError> {
    Hook::new(f).guard()
}

/// Registers a function that runs once, when the process exits, panics, or gets one of [`Signal::TERMINATION`].
///
/// Short for `Hook::new(f).register()`.
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

/// Takes a hook back: it does not run, and what it captured is dropped now.
///
/// ```
/// let id = terminate_std::register(|_| println!("never printed"))?;
/// terminate_std::unregister(id).unwrap();
/// assert_eq!(terminate_std::unregister(id), Err(terminate_std::UnregisterError::Stale));
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
///
/// # Errors
///
/// [`UnregisterError::Running`] if the hook runs: this does not wait for it. [`UnregisterError::Stale`] if the hook has
/// run, was taken back before, or belongs to the process that this one was forked from.
pub fn unregister(id: HookId) -> Result<(), UnregisterError> {
    register::unregister(id)
}
