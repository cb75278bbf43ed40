//! [`Config`]: settings of the whole process.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use super::hook::RegisterError;
use crate::lifecycle::{fork, register};
use crate::types::atomic::Ordering;
use crate::types::register_error_kind::RegisterErrorKind;
use crate::types::settings::Settings;
use crate::types::signal::Signal;

/// How the process behaves when it terminates. Most programs need no configuration.
///
/// ```
/// use std::time::Duration;
/// terminate_std::Config::new().force_after(2).grace(Duration::from_secs(5)).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a configuration does nothing until it is installed"]
pub struct Config(Settings);

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// The defaults: hooks run as soon as a signal arrives, without a time limit.
    ///
    /// ```
    /// terminate_std::Config::new().install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn new() -> Self {
        Self(Settings::DEFAULT)
    }

    /// Which signals request a termination, instead of [`Signal::TERMINATION`](crate::Signal::TERMINATION).
    ///
    /// They are for hooks that name no signals and are registered afterwards, for [`wait`](crate::wait),
    /// [`shutdown`](crate::shutdown()) and [`requested`](crate::requested).
    ///
    /// ```
    /// use terminate_std::{Config, Signal};
    /// // A daemon that reads its configuration again at SIGHUP.
    /// Config::new().signals(Signal::TERMINATION.without(Signal::HUP)).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub fn signals(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        self.0.signals = signals.into_iter().collect();
        self
    }

    /// Lets the `n`-th further signal end the process at once, by that signal.
    ///
    /// "At once" means that no further hook runs, and that the grace ends too.
    ///
    /// Only requested signals count that arrive after the termination or an interrupt has begun. The signal that began
    /// it does not count, nor does the one that turns an interrupt into a termination. With zero, the default, no further
    /// signal ends the process.
    ///
    /// ```
    /// // The second Ctrl-C, or any other signal that a hook requests, ends a cleanup that hangs.
    /// terminate_std::Config::new().force_after(1).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn force_after(mut self, n: u32) -> Self {
        self.0.force_after = n;
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
        self.0.deadline = Some(deadline);
        self
    }

    /// Gives the program time to end by itself after a requested signal.
    ///
    /// [`wait`](crate::wait), [`shutdown`](crate::shutdown()) and [`requested`](crate::requested) notify the program. The
    /// hooks run when main returns, when a thread calls `exit`, or when the grace is over. In each case the signal is
    /// the cause, and decides how the process ends; [`ExitStatus::Main`](crate::ExitStatus::Main) leaves that to main.
    ///
    /// A program that calls one of these functions has a grace of 10 seconds, and other programs have none. This sets
    /// another one for both; zero is none.
    ///
    /// If another library or the program itself handles the signal too, its handler is called when the grace begins.
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
        self.0.grace = Some(grace);
        self
    }

    /// How long other handlers of the signal may take, once the hooks have run: 5 seconds, unless this says otherwise.
    ///
    /// Another library, or the program itself, may handle the signal that ends the process. Then its handler is called too,
    /// and its owner has this time to end the process in its own way, for example by an `exit` with a status of its own.
    /// Where the hooks run without [the runner](crate::guide::what_runs_when#the-runner), there is no such time.
    ///
    /// ```
    /// use std::time::Duration;
    /// terminate_std::Config::new().linger(Duration::from_secs(1)).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn linger(mut self, linger: Duration) -> Self {
        self.0.linger = linger;
        self
    }

    /// After how long a message on standard error names the hook for which the end waits, or says that it waits for another thread: 10
    /// seconds, unless this says otherwise; `None` for never.
    ///
    /// At an exit there always is a thread that waits, and gives notice. After a signal there is one if there is a
    /// [deadline](Self::deadline), or a hook has a [time limit](crate::Hook::timeout).
    ///
    /// ```
    /// terminate_std::Config::new().notice_after(None).install()?;
    /// # Ok::<(), terminate_std::InstallError>(())
    /// ```
    pub const fn notice_after(mut self, time: Option<Duration>) -> Self {
        self.0.notice_after = time;
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
        self.0.any_panic_ends = matches!(policy, PanicPolicy::AnyThread);
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
    /// - [`InstallError::Signal`] if one of the [signals](Self::signals) cannot be handled.
    /// - [`InstallError::NoRunner`] if the system has no thread to run hooks with a time limit.
    /// - [`InstallError::NoExitHandler`] if the C library has no room for an exit handler.
    /// - [`InstallError::TooLate`] if it is too late for a time limit: the process ends.
    /// - [`InstallError::Hook`] if a hook that was declared with `#[hook]` cannot be registered. Then none of them is
    ///   registered.
    pub fn install(self) -> Result<(), InstallError> {
        let process = fork::take_ownership();
        register::attach().map_err(|_| InstallError::NoExitHandler)?;
        if process.is_configured() {
            return Err(InstallError::AlreadyInstalled);
        }
        if let Some(kind) = self.0.signals.into_iter().find_map(|signal| register::refusal(signal, false)) {
            return Err(InstallError::Signal(kind));
        }
        // What the configuration needs, before any of it applies.
        if self.0.need_runner() {
            if process.state().is_ending() {
                return Err(InstallError::TooLate);
            }
            register::need_runner(process).map_err(|kind| match kind {
                RegisterErrorKind::NoRunner(error) => InstallError::NoRunner(error),
                _ => InstallError::TooLate,
            })?;
        }
        if !process.install(self.0) {
            return Err(InstallError::AlreadyInstalled);
        }
        if process.is_listening.load(Ordering::Relaxed) {
            register::listen(process).map_err(InstallError::Signal)?;
        }
        #[cfg(feature = "macros")]
        super::declared::register_all().map_err(InstallError::Hook).inspect_err(|_| process.uninstall())?;
        Ok(())
    }
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
    ///
    /// The message is printed first, and with `RUST_BACKTRACE` that takes a while. If main returns meanwhile, the process ends with main's
    /// status.
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
    /// One of the [signals](Config::signals) cannot be handled.
    Signal(RegisterErrorKind),
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
            Self::Signal(kind) => fmt::Display::fmt(kind, f),
            Self::TooLate => f.write_str("the process ends already; install at the beginning of main"),
            Self::Hook(error) => write!(f, "a declared hook was refused: {error}"),
        }
    }
}

impl Error for InstallError {}
