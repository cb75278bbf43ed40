//! [`Config`]: what holds for the whole process.

use std::time::Duration;

use super::error::InstallError;
use crate::lifecycle::{fork, register};
use crate::types::atomic::Ordering;
use crate::types::panic_policy::PanicPolicy;
use crate::types::register_error_kind::RegisterErrorKind;

/// How the process is to behave as it ends. A program that is content with the defaults needs none of this.
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
    /// The defaults: hooks run as soon as a signal arrives, and take as long as they take.
    ///
    /// ```
    /// terminate_std::Config::new().install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn new() -> Self {
        Self { force_after: 0, deadline: None, grace: Duration::ZERO, panics: PanicPolicy::MainThread }
    }

    /// Lets the `n`-th signal that was asked for, and that arrives when the process is ending already, end it at once by
    /// that signal. The signal that began the end is not counted. Zero, the default, never does.
    ///
    /// ```
    /// // The second Ctrl-C, or any other signal that a hook asks for, ends a cleanup that hangs.
    /// terminate_std::Config::new().force_after(1).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn force_after(mut self, n: u32) -> Self {
        self.force_after = n;
        self
    }

    /// Ends the process if the hooks have not all returned that long after the first one began: with a message that says
    /// which one it waited for, and as the cause says. That goes for the hooks of an interrupt too, which is an end by
    /// SIGINT then. It costs one more thread.
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

    /// Lets the program end by itself: when a signal asks for the end, [`wait`](crate::wait),
    /// [`shutdown`](crate::shutdown) and [`requested`](crate::requested) tell it, and the hooks do not run before main
    /// returns or somebody calls `exit`, or that much time is over. Either way the cause is the signal, and so is the end.
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

    /// Puts it into force, connects this library to exit and panic, which otherwise the first registration does, and
    /// registers the hooks that are declared with `#[hook]`.
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
    /// [`InstallError::AlreadyInstalled`] if a configuration is in force already; it stays.
    /// [`InstallError::NoRunner`] if the system has no thread to run hooks with a time limit. [`InstallError::Hook`] if a hook that
    /// was declared with `#[hook]` cannot be registered; then none of them is.
    pub fn install(self) -> Result<(), InstallError> {
        let process = fork::take_ownership();
        register::attach().map_err(InstallError::of)?;
        let settings = &process.settings;
        if settings.installed.swap(true, Ordering::Relaxed) {
            return Err(InstallError::AlreadyInstalled);
        }
        let refuse = |error| {
            settings.installed.store(false, Ordering::Relaxed);
            error
        };
        // Both are watched by threads, so handler-safe hooks run on the runner too.
        if self.deadline.is_some() || !self.grace.is_zero() {
            register::need_runner(process).map_err(InstallError::of).map_err(refuse)?;
        }
        #[cfg(feature = "macros")]
        super::declared::register_all().map_err(InstallError::Hook).map_err(refuse)?;
        settings.deadline.store(self.deadline.map_or(0, |deadline| nanoseconds(deadline).max(1)), Ordering::Relaxed);
        settings.force_after.store(self.force_after, Ordering::Relaxed);
        settings.grace.store(nanoseconds(self.grace), Ordering::Relaxed);
        settings.any_panic_ends.store(self.panics == PanicPolicy::AnyThread, Ordering::Relaxed);
        Ok(())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl InstallError {
    fn of(kind: RegisterErrorKind) -> Self {
        match kind {
            RegisterErrorKind::NoRunner(error) => Self::NoRunner(error),
            RegisterErrorKind::TooLate => Self::TooLate,
            _ => Self::NoExitHandler,
        }
    }
}

/// Installs the default [`Config`], and with it the hooks that are declared with `#[hook]`.
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
