//! [`Signal`]: an open number with names.

use std::error::Error;
use std::fmt;

use terminate_core::SignalNumber;

use crate::sys::signals::{self, for_each_signal};

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
    ($($(#[$only:meta])* $name:ident $alias:literal $in_c:ident $what:literal,)*) => {
        /// The signals with names: `signal(7)` says what they are for. The names of POSIX are on each system; the
        /// registration refuses one that stands for nothing there.
        impl Signal {
            $(
                $(#[$only])*
                #[doc = concat!("`", $alias, "`: ", $what, "\n\n```")]
                #[doc = concat!("assert_eq!(terminate_std::Signal::", stringify!($name), ".to_string(), \"", $alias, "\");")]
                #[doc = "```"]
                #[doc(alias = $alias)]
                pub const $name: Self = Self(signals::$in_c);
            )*
        }

        const NAMES: &[(Signal, &str)] = &[$($(#[$only])* (Signal::$name, $alias),)*];
    };
}

for_each_signal!(signals);

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

    /// The `n`-th real-time signal, `SIGRTMIN + n`, or `None` beyond `SIGRTMAX`. Outside of Linux there are none, or none that
    /// a [`SignalSet`](crate::SignalSet) can hold.
    ///
    /// ```
    /// use terminate_std::Signal;
    /// assert_eq!(Signal::real_time(3).unwrap().to_string(), "SIGRTMIN+3");
    /// assert_eq!(Signal::real_time(99), None);
    /// ```
    #[must_use]
    pub fn real_time(n: u8) -> Option<Self> {
        let numbers = signals::real_time();
        let number = numbers.start() + i32::from(n);
        numbers.contains(&number).then_some(Self(number))
    }

    /// The number that the system's calls take, such as `kill(2)`.
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
        let real_time = signals::real_time();
        match NAMES.iter().find(|(signal, _)| signal == self) {
            Some((_, name)) => f.write_str(name),
            None if real_time.contains(&self.0) => write!(f, "SIGRTMIN+{}", self.0 - real_time.start()),
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
