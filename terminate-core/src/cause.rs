//! Why hooks run ([`Cause`]), and which causes a hook requests ([`Triggers`]).

use core::fmt;
use core::num::NonZeroU8;
use core::ops::BitOr;

/// The number of a signal, from 1 to 64.
///
/// On Unix it is the number that `kill(2)` takes. Firmware numbers its own faults and interrupts.
///
/// ```
/// use terminate_core::{Cause, SignalNumber};
/// const WATCHDOG: SignalNumber = SignalNumber::new(7).unwrap();
/// assert_eq!(Cause::Signal(WATCHDOG).to_string(), "signal 7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalNumber(NonZeroU8);

impl SignalNumber {
    /// The highest number of a signal.
    ///
    /// ```
    /// use terminate_core::SignalNumber;
    /// assert!(SignalNumber::new(SignalNumber::MAX).is_some());
    /// ```
    pub const MAX: u8 = 64;

    /// The signal of that number, or `None` if it is not in 1 to 64.
    ///
    /// ```
    /// use terminate_core::SignalNumber;
    /// const BROWN_OUT: SignalNumber = SignalNumber::new(1).unwrap();
    /// assert_eq!(SignalNumber::new(0), None);
    /// assert_eq!(SignalNumber::new(65), None);
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) if number.get() <= Self::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, from 1 to 64.
    ///
    /// ```
    /// assert_eq!(terminate_core::SignalNumber::new(7).map(|number| number.get()), Some(7));
    /// ```
    #[inline]
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Debug for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignalNumber({})", self.0)
    }
}

impl fmt::Display for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why the hooks run.
///
/// ```
/// use terminate_core::Cause;
/// fn code(cause: Cause) -> u8 {
///     match cause {
///         Cause::Exit => 0,
///         Cause::Panic => 101,
///         Cause::Signal(number) => 128 + number.get(),
///         _ => 255,
///     }
/// }
/// assert_eq!(code(Cause::Panic), 101);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The program ends by itself: main returned, or the program called `exit`.
    Exit,
    /// A panic ends the program.
    Panic,
    /// A signal, interrupt or fault ends the program.
    Signal(SignalNumber),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit => f.write_str("exit"),
            Self::Panic => f.write_str("panic"),
            Self::Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// A set of causes.
///
/// The default is [`Triggers::ALWAYS`]; signals are added to it with `|`.
///
/// ```
/// use terminate_core::{Cause, SignalNumber, Triggers};
/// const BROWN_OUT: SignalNumber = SignalNumber::new(1).unwrap();
/// const ON: Triggers = Triggers::ALWAYS.union(Triggers::signal(BROWN_OUT));
/// assert!(ON.contains(Cause::Signal(BROWN_OUT)));
/// assert!(ON.contains(Cause::Exit));
/// assert_eq!(ON, Triggers::EXIT | Triggers::PANIC | Triggers::signal(BROWN_OUT));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Triggers {
    signals: u64,
    // In the bit order of `crate::word`.
    flags: u8,
}

impl Triggers {
    /// No cause at all.
    ///
    /// ```
    /// assert!(terminate_core::Triggers::NONE.is_empty());
    /// ```
    pub const NONE: Self = Self { signals: 0, flags: 0 };
    /// [`Cause::Exit`].
    ///
    /// ```
    /// use terminate_core::{Cause, Triggers};
    /// assert!(Triggers::EXIT.contains(Cause::Exit) && !Triggers::EXIT.contains(Cause::Panic));
    /// ```
    pub const EXIT: Self = Self { signals: 0, flags: 1 };
    /// [`Cause::Panic`].
    ///
    /// ```
    /// use terminate_core::{Cause, Triggers};
    /// assert!(Triggers::PANIC.contains(Cause::Panic) && !Triggers::PANIC.contains(Cause::Exit));
    /// ```
    pub const PANIC: Self = Self { signals: 0, flags: 2 };
    /// [`Cause::Exit`] and [`Cause::Panic`]: what a hook requests by default.
    ///
    /// ```
    /// use terminate_core::Triggers;
    /// assert_eq!(Triggers::ALWAYS, Triggers::EXIT | Triggers::PANIC);
    /// ```
    pub const ALWAYS: Self = Self::EXIT.union(Self::PANIC);
    /// Every signal from 1 to 64.
    ///
    /// ```
    /// use terminate_core::{SignalNumber, Triggers};
    /// let one = Triggers::signal(SignalNumber::new(64).unwrap());
    /// assert_eq!(Triggers::SIGNALS | one, Triggers::SIGNALS);
    /// ```
    pub const SIGNALS: Self = Self { signals: u64::MAX, flags: 0 };

    /// The set of that one signal.
    ///
    /// ```
    /// use terminate_core::{Cause, SignalNumber, Triggers};
    /// const WATCHDOG: SignalNumber = SignalNumber::new(7).unwrap();
    /// assert!(Triggers::signal(WATCHDOG).contains(Cause::Signal(WATCHDOG)));
    /// ```
    #[inline]
    #[must_use]
    pub const fn signal(number: SignalNumber) -> Self {
        // No shift of 64 bits: on small machines that is a library call.
        let at = number.get() - 1;
        let half = (1_u32 << (at % 32)) as u64;
        Self { signals: if at < 32 { half } else { half << 32 }, flags: 0 }
    }

    /// The causes that are in this set, in `other` or in both.
    ///
    /// ```
    /// use terminate_core::{Cause, SignalNumber, Triggers};
    /// const WATCHDOG: SignalNumber = SignalNumber::new(7).unwrap();
    /// let set = Triggers::EXIT.union(Triggers::signal(WATCHDOG));
    /// assert!(set.contains(Cause::Exit) && !set.contains(Cause::Panic));
    /// ```
    #[inline]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self { signals: self.signals | other.signals, flags: self.flags | other.flags }
    }

    /// The causes that are in this set and not in `other`.
    ///
    /// ```
    /// use terminate_core::{Cause, SignalNumber, Triggers};
    /// const WATCHDOG: SignalNumber = SignalNumber::new(7).unwrap();
    /// let all_but_it = Triggers::SIGNALS.difference(Triggers::signal(WATCHDOG));
    /// assert!(!all_but_it.contains(Cause::Signal(WATCHDOG)));
    /// ```
    #[inline]
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self { signals: self.signals & !other.signals, flags: self.flags & !other.flags }
    }

    /// Whether `cause` is in the set.
    ///
    /// ```
    /// use terminate_core::{Cause, Triggers};
    /// assert!(Triggers::ALWAYS.contains(Cause::Panic));
    /// assert!(!Triggers::EXIT.contains(Cause::Panic));
    /// ```
    #[inline]
    #[must_use]
    pub const fn contains(self, cause: Cause) -> bool {
        let one = Self::only(cause);
        self.signals & one.signals | (self.flags & one.flags) as u64 != 0
    }

    /// Whether nothing is in the set.
    ///
    /// ```
    /// use terminate_core::Triggers;
    /// assert!(Triggers::NONE.is_empty());
    /// assert!(!Triggers::EXIT.is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.signals == 0 && self.flags == 0
    }

    /// The set of that one cause.
    ///
    /// ```
    /// use terminate_core::{Cause, Triggers};
    /// assert_eq!(Triggers::only(Cause::Panic), Triggers::PANIC);
    /// ```
    #[inline]
    #[must_use]
    pub const fn only(cause: Cause) -> Self {
        match cause {
            Cause::Exit => Self::EXIT,
            Cause::Panic => Self::PANIC,
            Cause::Signal(number) => Self::signal(number),
        }
    }

    #[inline]
    pub(crate) const fn from_bits(signals: u64, flags: u8) -> Self {
        Self { signals, flags }
    }

    #[inline]
    pub(crate) const fn signal_bits(self) -> u64 {
        self.signals
    }

    #[inline]
    pub(crate) const fn flag_bits(self) -> u8 {
        self.flags
    }
}

impl Default for Triggers {
    fn default() -> Self {
        Self::ALWAYS
    }
}

impl BitOr for Triggers {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl fmt::Debug for Triggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals = (1..=SignalNumber::MAX).filter_map(SignalNumber::new).map(Cause::Signal);
        f.debug_set()
            .entries([Cause::Exit, Cause::Panic].into_iter().chain(signals).filter(|c| self.contains(*c)))
            .finish()
    }
}
