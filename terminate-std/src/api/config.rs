//! [`Config`]: settings of the whole process.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use super::hook::RegisterError;
use crate::lifecycle::process::Process;
use crate::lifecycle::{fork, register};
use crate::types::atomic::Ordering;
use crate::types::register_error_kind::RegisterErrorKind;

/// How the process behaves when it terminates. Most programs need no configuration.
///
/// ```
/// use std::time::Duration;
/// terminate_std::Config::new().force_after(2).grace(Duration::from_secs(5)).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a configuration does nothing until it is installed"]
pub struct Config {
    force_after: u32,
    deadline: Option<Duration>,
    grace: Duration,
    panics: PanicPolicy,
}

impl Config {
    /// The defaults: hooks run as soon as a signal arrives, without a time limit.
    ///
    /// ```
    /// terminate_std::Config::new().install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn new() -> Self {
        Self { force_after: 0, deadline: None, grace: Duration::ZERO, panics: PanicPolicy::MainThread }
    }

    /// Lets the `n`-th further signal end the process at once, by that signal.
    ///
    /// "At once" means that no further hook runs, and that the grace ends too.
    ///
    /// Only requested signals count that arrive after the termination or an interrupt has begun. The signal that began
    /// it does not count. With zero, the default, no further signal ends the process.
    ///
    /// ```
    /// // The second Ctrl-C, or any other signal that a hook requests, ends a cleanup that hangs.
    /// terminate_std::Config::new().force_after(1).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn force_after(mut self, n: u32) -> Self {
        self.force_after = n;
        self
    }

    /// Limits how long the hooks may run, all together.
    ///
    /// At the deadline a message on standard error names the hook that runs. The process abandons that hook, and the
    /// hooks that are left run on another thread, which has the deadline anew. The cause still decides how the process
    /// ends. An abandoned hook goes on until the process ends.
    ///
    /// - Time in which the process was stopped (`SIGSTOP`) does not count.
    /// - At the deadline of an interrupt's hooks, the interrupt becomes a termination by SIGINT.
    /// - A thread that calls `abort` can start no other thread. It runs only the handler-safe hooks that are left.
    /// - With a deadline, handler-safe hooks run on the runner too.
    ///
    /// After a signal this takes one more thread, as long as the hooks run. If the system has none, a message on standard
    /// error says so, and the hooks run without a deadline.
    ///
    /// ```
    /// use std::time::Duration;
    /// terminate_std::Config::new().deadline(Duration::from_secs(30)).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Gives the program time to end by itself after a requested signal.
    ///
    /// [`wait`](crate::wait), [`shutdown`](crate::shutdown) and [`requested`](crate::requested) notify the program. The
    /// hooks run when main returns, when a thread calls `exit`, or when the grace is over. In each case the signal is
    /// the cause, and decides how the process ends.
    ///
    /// Time in which the process was stopped (`SIGSTOP`) does not count. With a grace, handler-safe hooks run on the
    /// runner too.
    ///
    /// ```
    /// use std::time::Duration;
    /// terminate_std::Config::new().grace(Duration::from_secs(10)).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Which panics end the process.
    ///
    /// ```
    /// use terminate_std::{Config, PanicPolicy};
    /// Config::new().panics(PanicPolicy::AnyThread).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn panics(mut self, policy: PanicPolicy) -> Self {
        self.panics = policy;
        self
    }

    /// Applies the configuration, and registers the hooks that are declared with `#[hook]`.
    ///
    /// It also connects this library to exit and panic, as the first registration does.
    ///
    /// ```
    /// use terminate_std::{Config, InstallError};
    /// Config::new().force_after(2).install()?;
    /// assert!(matches!(Config::new().install(), Err(InstallError::AlreadyInstalled)));
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`InstallError::AlreadyInstalled`] if a configuration is installed already, which stays.
    /// - [`InstallError::NoRunner`] if the system has no thread to run hooks with a time limit.
    /// - [`InstallError::NoExitHandler`] if the C library has no room for an exit handler.
    /// - [`InstallError::TooLate`] if it is too late for a time limit: the process ends.
    /// - [`InstallError::Hook`] if a hook that was declared with `#[hook]` cannot be registered. Then none of them is
    ///   registered.
    pub fn install(self) -> Result<(), InstallError> {
        let process = fork::take_ownership();
        register::attach().map_err(|_| InstallError::NoExitHandler)?;
        let settings = &process.settings;
        if settings.installed.swap(true, Ordering::Relaxed) {
            return Err(InstallError::AlreadyInstalled);
        }
        self.register(process).inspect_err(|_| settings.installed.store(false, Ordering::Relaxed))?;
        settings.deadline.store(self.deadline.map_or(0, |deadline| nanoseconds(deadline).max(1)), Ordering::Relaxed);
        settings.force_after.store(self.force_after, Ordering::Relaxed);
        settings.grace.store(nanoseconds(self.grace), Ordering::Relaxed);
        settings.any_panic_ends.store(self.panics == PanicPolicy::AnyThread, Ordering::Relaxed);
        Ok(())
    }

    /// Registers what the configuration needs, before any of it applies.
    fn register(&self, process: &'static Process) -> Result<(), InstallError> {
        // Both need a thread, so handler-safe hooks run on the runner too.
        if self.deadline.is_some() || !self.grace.is_zero() {
            if process.state().is_ending() {
                return Err(InstallError::TooLate);
            }
            register::need_runner(process).map_err(|kind| match kind {
                RegisterErrorKind::NoRunner(error) => InstallError::NoRunner(error),
                _ => InstallError::TooLate,
            })?;
        }
        #[cfg(feature = "macros")]
        super::declared::register_all().map_err(InstallError::Hook)?;
        Ok(())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Installs the default [`Config`], and registers the hooks that are declared with `#[hook]`.
///
/// ```
/// terminate_std::install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
///
/// # Errors
///
/// As for [`Config::install`].
pub fn install() -> Result<(), InstallError> {
    Config::new().install()
}

/// Which panics end the process, where panics unwind. See [`Config::panics`](crate::Config::panics).
///
/// ```
/// use terminate_std::{Config, PanicPolicy};
/// Config::new().panics(PanicPolicy::AnyThread).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanicPolicy {
    /// A panic that leaves main, as in Rust without this library. Other threads may panic, and any panic may be caught.
    #[default]
    MainThread,
    /// Any panic on any thread, even one that would be caught. The thread waits in the panic hook while the hooks run,
    /// and then the process exits with 101. (A panic of a hook is only reported, and the other hooks run.)
    AnyThread,
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
            Self::NoRunner(error) => {
                write!(f, "no thread starts for a deadline or a grace ({error}); install earlier, or without them")
            }
            Self::TooLate => f.write_str("the process ends already; install at the beginning of main"),
            Self::Hook(error) => write!(f, "a declared hook was refused: {error}"),
        }
    }
}

impl Error for InstallError {}
