//! [`TerminationInfo`]: what is known about the termination under way; and [`terminate`], which begins one.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::lifecycle::request::leave_hook;
use crate::lifecycle::runner::Runner;
use crate::lifecycle::{fork, outcome};
use crate::storage::label::Label;
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::cause::Cause;
use crate::types::exit_status::ExitStatus;
use crate::types::sender::Sender;
use crate::types::signal::Signal;

/// Why the process ends: from [`termination`], [`wait`](crate::wait) or [`shutdown`](crate::shutdown()).
///
/// ```
/// use terminate_std::{TerminationInfo, termination};
/// fn describe(termination: &TerminationInfo) -> String {
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
pub struct TerminationInfo {
    cause: Cause,
    /// When the signal arrived, and from which process.
    arrival: Option<(Duration, Option<Sender>)>,
    hooks_ran: usize,
    exit_code: Option<i32>,
    lost: Vec<LostHook>,
}

impl TerminationInfo {
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
    pub const fn signal(&self) -> Option<Signal> {
        self.cause.signal()
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

    /// With which code the process exits, as far as that is decided. `None` if it ends by a signal.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     assert_eq!(end.exit_code(), Some(3));
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// std::process::exit(3);
    /// # #[allow(unreachable_code)]
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// Also `None` at an exit whose status the system does not tell: only glibc does.
    #[must_use]
    pub const fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// The hooks that did not return: they called `exit`, panicked where panics abort, or exceeded a time limit. The first
    /// 16 are here.
    ///
    /// ```
    /// terminate_std::register(|_| {
    ///     let end = terminate_std::termination().expect("hooks run at an end");
    ///     assert!(end.lost()[0].to_string().starts_with("the hook made at "));
    ///     # // What a hook asserts does not change how the process ends, so this does.
    ///     # unsafe { libc::_exit(0) }
    /// })?;
    /// terminate_std::register(|_| std::process::exit(1))?;
    /// # std::process::exit(1);
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub fn lost(&self) -> &[LostHook] {
        &self.lost
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

/// A hook that did not return. It prints as messages name it.
///
/// ```
/// fn names(termination: &terminate_std::TerminationInfo) -> Vec<String> {
///     termination.lost().iter().map(|hook| hook.name().unwrap_or("unnamed").to_owned()).collect()
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LostHook(&'static Label);

impl LostHook {
    /// The name that [`Hook::name`](crate::Hook::name) gave it.
    ///
    /// ```
    /// fn is_the_lock(hook: &terminate_std::LostHook) -> bool {
    ///     hook.name() == Some("lock file")
    /// }
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.0.name.as_deref()
    }

    /// Where it was made.
    ///
    /// ```
    /// fn line(hook: &terminate_std::LostHook) -> u32 {
    ///     hook.place().line()
    /// }
    /// ```
    #[must_use]
    pub const fn place(&self) -> &'static Location<'static> {
        self.0.place
    }
}

impl fmt::Display for LostHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the hook")?;
        if let Some(name) = self.name() {
            write!(f, " \"{name}\"")?;
        }
        write!(f, " made at {}:{}", self.place().file(), self.place().line())
    }
}

/// Why the process ends, or `None` if no termination was requested.
///
/// ```
/// assert!(terminate_std::termination().is_none());
/// ```
#[must_use]
pub fn termination() -> Option<TerminationInfo> {
    let process = fork::own()?;
    let state = Some(process.state()).filter(|state| state.is_ending())?;
    let cause = Cause::from(state.cause());
    let arrival = cause.signal().and_then(|signal| outcome::arrival(process, signal));
    let arrival = arrival.map(|arrival| (arrival.at, arrival.sender()));
    Some(TerminationInfo {
        cause,
        arrival,
        hooks_ran: process.ran.load(Ordering::Relaxed),
        exit_code: outcome::exit_code(process, state),
        lost: process.lost().map(LostHook).collect(),
    })
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
    sys::exit_process(match status {
        ExitStatus::Code(code) => code.into(),
        _ => 0,
    })
}
