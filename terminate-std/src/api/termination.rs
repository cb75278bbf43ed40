//! [`Termination`]: what is known about the termination under way; and [`terminate`], which begins one.

use std::time::Duration;

use terminate_core::Cause;

use crate::lifecycle::fork;
use crate::lifecycle::request::leave_hook;
use crate::lifecycle::runner::Runner;
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::exit_status::ExitStatus;
use crate::types::sender::Sender;
use crate::types::signal::Signal;

/// Why the process ends: from [`termination`], [`wait`](crate::wait) or [`shutdown`](crate::shutdown()).
///
/// ```
/// use terminate_std::{Termination, termination};
/// fn describe(termination: &Termination) -> String {
///     match (termination.signal(), termination.sender()) {
///         (Some(signal), Some(from)) => format!("{signal} from pid {} (uid {})", from.pid, from.uid),
///         (Some(signal), None) => signal.to_string(),
///         (None, _) => termination.cause().to_string(),
///     }
/// }
/// terminate_std::register(|_| {
///     let end = termination().expect("hooks run at an end");
///     assert_eq!(describe(&end), "exit");
///     # // What a hook asserts does not change how the process ends, so this does.
///     # unsafe { libc::_exit(0) }
/// })?;
/// # std::process::exit(1);
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Termination {
    cause: Cause,
    /// When the signal arrived, and from which process.
    arrival: Option<(Duration, Option<Sender>)>,
    hooks_ran: usize,
}

impl Termination {
    /// The first cause, which decides how the process ends.
    ///
    /// ```
    /// terminate_std::register(|cause| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     assert_eq!(end.cause(), cause);
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// The signal, if a signal is the cause.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     assert_eq!(end.signal(), Some(terminate_std::Signal::TERM));
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// unsafe { libc::raise(libc::SIGTERM) };
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        Signal::of(self.cause)
    }

    /// The process that sent the signal. `None` for signals that the kernel sends by itself, such as Ctrl-C and timers.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     let sender = end.sender().expect("the kernel reports the sender");
    ///     assert_eq!(sender.pid, std::process::id(), "this program sends it to itself");
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// unsafe { libc::raise(libc::SIGTERM) };
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub fn sender(&self) -> Option<Sender> {
        self.arrival?.1
    }

    /// How long ago the signal arrived, on the monotonic clock; `None` for exit and panic.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     let elapsed = end.elapsed().expect("a signal has a time");
    ///     assert!(elapsed < std::time::Duration::from_secs(3600), "it came just now");
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// unsafe { libc::raise(libc::SIGTERM) };
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.arrival.map(|(then, _)| sys::monotonic().saturating_sub(then))
    }

    /// How many hooks have run so far.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     assert_eq!(end.hooks_ran(), 1, "this is the second");
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// terminate_std::register(|_| ())?;
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn hooks_ran(&self) -> usize {
        self.hooks_ran
    }
}

/// Why the process ends, or `None` if no termination was requested.
///
/// ```
/// assert!(terminate_std::termination().is_none());
/// ```
#[must_use]
pub fn termination() -> Option<Termination> {
    let process = fork::own()?;
    let cause = Some(process.state()).filter(|state| state.is_ending())?.cause();
    let arrival = Signal::of(cause).and_then(|signal| process.records.arrival(signal));
    let arrival = arrival.map(|arrival| (arrival.at, arrival.sender()));
    Some(Termination { cause, arrival, hooks_ran: process.ran.load(Ordering::Relaxed) })
}

/// Ends the process in an orderly way: runs the hooks, then exits.
///
/// [`ExitStatus::Success`] and [`ExitStatus::Code`] say the exit code. The other values need a signal, so with them the
/// exit code is 0. If the process ends already, the first cause decides, and this call waits. Inside a hook it leaves
/// that hook, the other hooks run, and the first cause still decides.
///
/// ```standalone_crate
/// use std::{env, process::Command};
/// use terminate_std::{ExitStatus, register, terminate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     register(|_| println!("cleaned up"))?;
///     terminate(ExitStatus::Code(3));
/// }
/// let child = Command::new(env::current_exe()?).env("CHILD", "1").output()?;
/// assert_eq!(String::from_utf8(child.stdout)?, "cleaned up\n");
/// assert_eq!(child.status.code(), Some(3));
/// # Ok(())
/// # }
/// ```
pub fn terminate(status: ExitStatus) -> ! {
    // Inside a hook: `process::exit` would wait for the thread that is in it already.
    if let Some(runner) = fork::own().and_then(Runner::here) {
        leave_hook(&runner);
    }
    std::process::exit(match status {
        ExitStatus::Code(code) => code.into(),
        _ => 0,
    })
}
