//! [`Config`]: what holds for the whole process.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::error::InstallError;
use crate::panics::{self, PanicPolicy};
use crate::{deadline, ending, owner, registration};

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// In nanoseconds.
static GRACE: AtomicU64 = AtomicU64::new(0);

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
    /// [`InstallError::NoDeadline`] if the system has no thread to watch the time. [`InstallError::Hook`] if a hook that
    /// was declared with `#[hook]` cannot be registered; then none of them is.
    pub fn install(self) -> Result<(), InstallError> {
        owner::adopt();
        registration::attach().map_err(|()| InstallError::NoExitHandler)?;
        if INSTALLED.swap(true, Ordering::Relaxed) {
            return Err(InstallError::AlreadyInstalled);
        }
        if self.deadline.is_some()
            && let Err(error) = deadline::start()
        {
            INSTALLED.store(false, Ordering::Relaxed);
            return Err(InstallError::NoDeadline(error));
        }
        #[cfg(feature = "macros")]
        if let Err(error) = crate::declared::register_all() {
            INSTALLED.store(false, Ordering::Relaxed);
            return Err(InstallError::Hook(error));
        }
        if let Some(deadline) = self.deadline {
            deadline::set(deadline);
        }
        ending::set_force_after(self.force_after);
        GRACE.store(u64::try_from(self.grace.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        panics::set_policy(self.panics);
        Ok(())
    }
}

/// See [`crate::sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const GRACE).cast()
}

/// How long the program may take to end by itself.
pub(crate) fn grace() -> Duration {
    Duration::from_nanos(GRACE.load(Ordering::Relaxed))
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
