//! [`Signal`]: an open number with names.

use std::error::Error;
use std::fmt;

use terminate_core::SignalNumber;

/// A signal, by its number.
///
/// It can hold a number that is no signal. The registration refuses such a number and hands the hook back: see
/// [`RegisterErrorKind::InvalidSignal`](crate::RegisterErrorKind::InvalidSignal). `TryFrom<i32>` checks the number.
///
/// ```
/// use terminate_std::Signal;
/// assert_eq!(Signal::TERM.to_string(), "SIGTERM");
/// assert_eq!(Signal::try_from(15)?, Signal::TERM);
/// assert!(Signal::try_from(65).is_err());
/// # Ok::<(), terminate_std::InvalidSignal>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

macro_rules! signals {
    ($($name:ident $alias:literal $number:ident $what:literal,)*) => {
        /// The signals with names: `signal(7)` says what they are for.
        impl Signal {
            $(
                #[doc = concat!("`", $alias, "`: ", $what, "\n\n```")]
                #[doc = concat!("assert_eq!(terminate_std::Signal::", stringify!($name), ".to_string(), \"", $alias, "\");")]
                #[doc = "```"]
                #[doc(alias = $alias)]
                pub const $name: Self = Self(libc::$number);
            )*
        }

        const NAMES: &[(Signal, &str)] = &[$((Signal::$name, $alias),)*];
    };
}

signals! {
    HUP "SIGHUP" SIGHUP "the terminal is gone, or a daemon should read its configuration again.",
    INT "SIGINT" SIGINT "Ctrl-C.",
    QUIT "SIGQUIT" SIGQUIT "Ctrl-\\, ends with a core.",
    ILL "SIGILL" SIGILL "an illegal instruction.",
    TRAP "SIGTRAP" SIGTRAP "a breakpoint.",
    ABRT "SIGABRT" SIGABRT "`abort()`.",
    BUS "SIGBUS" SIGBUS "an access to memory that is not there.",
    FPE "SIGFPE" SIGFPE "an arithmetic fault.",
    KILL "SIGKILL" SIGKILL "cannot be caught.",
    USR1 "SIGUSR1" SIGUSR1 "the program's own.",
    SEGV "SIGSEGV" SIGSEGV "an access to memory that is not allowed.",
    USR2 "SIGUSR2" SIGUSR2 "the program's own.",
    PIPE "SIGPIPE" SIGPIPE "a write to a pipe without a reader.",
    ALRM "SIGALRM" SIGALRM "`alarm(2)`.",
    TERM "SIGTERM" SIGTERM "the request to terminate.",
    STKFLT "SIGSTKFLT" SIGSTKFLT "has no use on today's processors.",
    CHLD "SIGCHLD" SIGCHLD "a child has ended.",
    CONT "SIGCONT" SIGCONT "go on after a stop.",
    STOP "SIGSTOP" SIGSTOP "cannot be caught.",
    TSTP "SIGTSTP" SIGTSTP "Ctrl-Z.",
    TTIN "SIGTTIN" SIGTTIN "a background process reads from the terminal.",
    TTOU "SIGTTOU" SIGTTOU "a background process writes to the terminal.",
    URG "SIGURG" SIGURG "urgent data on a socket.",
    XCPU "SIGXCPU" SIGXCPU "the limit of processor time is reached.",
    XFSZ "SIGXFSZ" SIGXFSZ "the limit of file size is reached.",
    VTALRM "SIGVTALRM" SIGVTALRM "a timer of processor time.",
    PROF "SIGPROF" SIGPROF "a profiling timer.",
    WINCH "SIGWINCH" SIGWINCH "the terminal has another size.",
    IO "SIGIO" SIGIO "input or output is possible.",
    PWR "SIGPWR" SIGPWR "the power fails.",
    SYS "SIGSYS" SIGSYS "a system call that is not allowed.",
}

impl Signal {
    /// The signal with that number, without a check.
    ///
    /// ```
    /// use terminate_std::Signal;
    /// assert_eq!(Signal::from_raw(15), Signal::TERM);
    /// assert_eq!(Signal::from_raw(99).to_string(), "signal 99");
    /// ```
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The `n`-th real-time signal, `SIGRTMIN + n`, or `None` beyond `SIGRTMAX`.
    ///
    /// ```
    /// use terminate_std::Signal;
    /// assert_eq!(Signal::real_time(3).unwrap().to_string(), "SIGRTMIN+3");
    /// assert_eq!(Signal::real_time(99), None);
    /// ```
    #[must_use]
    pub fn real_time(n: u8) -> Option<Self> {
        let number = libc::SIGRTMIN() + i32::from(n);
        (number <= libc::SIGRTMAX()).then_some(Self(number))
    }

    /// The number that `kill(2)` takes.
    ///
    /// ```
    /// assert_eq!(terminate_std::Signal::KILL.as_raw(), 9);
    /// ```
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }

    pub(crate) fn number(self) -> Option<SignalNumber> {
        u8::try_from(self.0).ok().and_then(SignalNumber::new)
    }
}

impl From<SignalNumber> for Signal {
    fn from(number: SignalNumber) -> Self {
        Self(number.get().into())
    }
}

impl TryFrom<i32> for Signal {
    type Error = InvalidSignal;

    fn try_from(number: i32) -> Result<Self, InvalidSignal> {
        Self(number).number().map(Self::from).ok_or(InvalidSignal(number))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = libc::SIGRTMIN();
        match NAMES.iter().find(|(signal, _)| signal == self) {
            Some((_, name)) => f.write_str(name),
            None if (first..=libc::SIGRTMAX()).contains(&self.0) => write!(f, "SIGRTMIN+{}", self.0 - first),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// No signal has that number.
///
/// ```
/// use terminate_std::Signal;
/// assert_eq!(Signal::try_from(0).unwrap_err().to_string(), "0 is no signal: they are numbered from 1 to 64");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSignal(pub(crate) i32);

impl fmt::Display for InvalidSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no signal: they are numbered from 1 to {}", self.0, SignalNumber::MAX)
    }
}

impl Error for InvalidSignal {}
