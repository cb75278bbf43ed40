//! [`Hook`], the builder: what to run, when, and how the process ends afterwards.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::Location;

use terminate_core::{Phase, UnregisterError};

use super::guard::Guard;
use super::setters::setters;
use crate::lifecycle::hook_cell::OwnedCell;
use crate::lifecycle::register::{self, HookId, Refused};
use crate::storage::label::Label;
use crate::types::cause::Cause;
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::register_error_kind::RegisterErrorKind;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

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
#[derive(Debug)]
#[must_use = "a hook does nothing until it is registered"]
pub struct Hook {
    cell: OwnedCell,
    options: Options,
}

impl Hook {
    /// An ordinary hook: it may do anything that a thread may do. It runs on the runner, a thread of its own, at every
    /// cause.
    ///
    /// It requests [`Signal::TERMINATION`], or what [`Config::signals`](crate::Config::signals) says.
    ///
    /// ```
    /// use terminate_std::Hook;
    /// let id = Hook::new(|cause| eprintln!("cleaning up after {cause}")).register()?;
    /// # terminate_std::unregister(id).unwrap();
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[track_caller]
    pub fn new(f: impl FnOnce(Cause) + Send + 'static) -> Self {
        Self::with(f, None, Options::new(false))
    }

    /// A hook that may run inside a signal handler, on a thread that was interrupted at any instruction.
    ///
    /// Only such a hook can request a fault (`SEGV`, `BUS`, `ILL`, `FPE`, `TRAP`, `SYS`). If all hooks of a program are
    /// of this kind, [there is no runner](crate::guide::what_runs_when#the-runner). Then they run in the handler, or on
    /// the thread that exits.
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
        Self::with(f, None, Options::new(true))
    }

    #[track_caller]
    pub(super) fn with(f: impl FnOnce(Cause) + Send + 'static, name: Option<&'static str>, options: Options) -> Self {
        let label = Label { name: name.map(Cow::Borrowed), place: Location::caller(), timeout: None };
        Self { cell: OwnedCell::new(f, label), options }
    }

    /// Requests these signals, instead of those of the configuration. Exit and panic stay requested.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// Hook::new(|_| ()).signals([Signal::INT, Signal::QUIT]).register()?;
    /// Hook::new(|_| ()).signals(Signal::TERMINATION.with(Signal::USR1)).register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn signals(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        let mut requested = SignalSet::EMPTY;
        self.options.refused = None;
        for signal in signals {
            requested = requested.with(signal);
            let is_refused = register::refusal(signal, self.options.handler_safe).is_some();
            self.options.refused = self.options.refused.or(is_refused.then_some(signal));
        }
        self.options.signals = Some(requested);
        self
    }

    setters!();

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
        register::register(self.cell, self.options)
            .map_err(|Refused { kind, cell, options }| RegisterError::new(kind, Self { cell, options }))
    }

    /// Calls the hook here and now, with [`Cause::Exit`].
    ///
    /// ```
    /// terminate_std::Hook::new(|cause| assert_eq!(cause, terminate_std::Cause::Exit)).call();
    /// ```
    pub fn call(self) {
        self.cell.call(Cause::Exit);
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
    pub fn guard(mut self) -> Result<Guard, RegisterError> {
        self.options.guarded = true;
        self.register().map(Guard)
    }
}

/// Why a hook was not registered. It hands the hook back.
///
/// ```
/// use terminate_std::{Hook, RegisterErrorKind, Signal};
/// let error = Hook::new(|_| ()).signals([Signal::KILL]).register().unwrap_err();
/// assert!(matches!(error.kind(), RegisterErrorKind::Uncatchable(Signal::KILL)));
/// assert!(format!("{error:?}").contains("let a supervisor clean up after it"));
/// let hook = error.into_hook().signals([Signal::TERM]);
/// # drop(hook);
/// ```
///
/// `unwrap` and `expect` print what to do, as `Display` does, and which hook it is.
pub struct RegisterError {
    kind: RegisterErrorKind,
    hook: Hook,
}

impl RegisterError {
    pub(super) fn new(kind: RegisterErrorKind, hook: Hook) -> Self {
        Self { kind, hook }
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
        &self.kind
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
        self.hook
    }
}

impl RegisterError {
    /// Calls the hook that was not registered, here and now, with [`Cause::Exit`], and keeps the reason: for what must be cleaned
    /// up all the same.
    ///
    /// ```
    /// use terminate_std::{Hook, Signal};
    /// let refused = Hook::new(|_| println!("cleaned up")).signals([Signal::KILL]).register().unwrap_err();
    /// assert!(refused.call().to_string().contains("SIGKILL"));
    /// ```
    #[must_use]
    pub fn call(self) -> RegisterErrorKind {
        self.hook.call();
        self.kind
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hook was not registered: {}", self.kind)
    }
}

impl fmt::Debug for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({:?})", self.hook.cell)
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
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
