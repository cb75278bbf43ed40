//! [`SignalSet`]: signals as a set, in one word.

use std::fmt;

use terminate_core::Triggers;

use super::signal::Signal;
use crate::sys::signals;

/// A set of signals.
///
/// ```
/// use terminate_std::{Signal, SignalSet};
/// let set = SignalSet::from([Signal::INT, Signal::TERM]);
/// assert!(set.contains(Signal::INT) && !set.contains(Signal::HUP));
/// assert_eq!(Signal::TERMINATION, set.with(Signal::HUP));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[must_use = "a set does nothing until a hook requests it"]
pub struct SignalSet(u64);

impl SignalSet {
    /// No signal.
    ///
    /// ```
    /// assert_eq!(terminate_std::SignalSet::EMPTY.into_iter().count(), 0);
    /// ```
    pub const EMPTY: Self = Self(0);

    /// Every number from 1 to 64, also those that no program can handle.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// let others = SignalSet::ALL.difference(Signal::TERMINATION);
    /// assert!(others.contains(Signal::USR1) && !others.contains(Signal::TERM));
    /// ```
    pub const ALL: Self = Self(u64::MAX);

    /// The set with `signal` added. A number that is no signal adds nothing.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// const ENDS: SignalSet = Signal::TERMINATION.with(Signal::QUIT);
    /// assert!(ENDS.contains(Signal::QUIT) && ENDS.contains(Signal::TERM));
    /// ```
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | Self::only(signal).0)
    }

    /// The set without `signal`.
    ///
    /// ```
    /// use terminate_std::Signal;
    /// assert!(!Signal::TERMINATION.without(Signal::HUP).contains(Signal::HUP));
    /// ```
    pub const fn without(self, signal: Signal) -> Self {
        self.difference(Self::only(signal))
    }

    /// Whether `signal` is in the set.
    ///
    /// ```
    /// use terminate_std::Signal;
    /// assert!(Signal::TERMINATION.contains(Signal::HUP));
    /// assert!(!Signal::TERMINATION.contains(Signal::QUIT));
    /// ```
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & Self::only(signal).0 != 0
    }

    /// Whether the set is empty.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// assert!(SignalSet::EMPTY.is_empty());
    /// assert!(!Signal::TERMINATION.is_empty());
    /// ```
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many signals are in the set.
    ///
    /// ```
    /// assert_eq!(terminate_std::Signal::TERMINATION.len(), 3);
    /// ```
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    const fn only(signal: Signal) -> Self {
        match signal.as_raw() {
            number @ 1..=64 => Self(1 << (number - 1)),
            _ => Self::EMPTY,
        }
    }

    /// The signals that are in either set.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// let users = SignalSet::from([Signal::USR1, Signal::USR2]);
    /// assert_eq!(users.union(users), users);
    /// assert!(users.union(Signal::TERMINATION).contains(Signal::INT));
    /// ```
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The signals that are in both sets.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// let keyboard = SignalSet::from([Signal::INT, Signal::QUIT]);
    /// assert_eq!(keyboard.intersection(Signal::TERMINATION), SignalSet::from(Signal::INT));
    /// ```
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The signals that are in this set and not in the other one.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// let keyboard = SignalSet::from([Signal::INT, Signal::QUIT]);
    /// assert_eq!(keyboard.difference(Signal::TERMINATION), SignalSet::from(Signal::QUIT));
    /// ```
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    const fn of_numbers(mut numbers: &[i32]) -> Self {
        let mut set = Self::EMPTY;
        while let [number, rest @ ..] = numbers {
            set = set.with(Signal::from_raw(*number));
            numbers = rest;
        }
        set
    }

    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) fn triggers(self) -> Triggers {
        self.into_iter().filter_map(Signal::number).map(Triggers::signal).fold(Triggers::NONE, Triggers::union)
    }
}

impl Signal {
    /// The signals that request a termination: on Unix `INT`, `TERM` and `HUP`. A hook that names no signals requests these.
    ///
    /// ```
    /// use terminate_std::{Signal, SignalSet};
    /// assert_eq!(Signal::TERMINATION, SignalSet::from([Signal::INT, Signal::TERM, Signal::HUP]));
    /// ```
    pub const TERMINATION: SignalSet = SignalSet::of_numbers(signals::TERMINATION);

    /// The kernel raises them for what a thread did. The thread cannot go on, so only handler-safe hooks can run.
    pub(crate) const FAULTS: SignalSet = SignalSet::of_numbers(signals::FAULTS);
}

impl From<Signal> for SignalSet {
    fn from(signal: Signal) -> Self {
        Self::only(signal)
    }
}

impl<const N: usize> From<[Signal; N]> for SignalSet {
    fn from(signals: [Signal; N]) -> Self {
        signals.into_iter().collect()
    }
}

impl FromIterator<Signal> for SignalSet {
    fn from_iter<I: IntoIterator<Item = Signal>>(signals: I) -> Self {
        signals.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl IntoIterator for SignalSet {
    type Item = Signal;
    type IntoIter = Signals;

    fn into_iter(self) -> Signals {
        Signals(self.0)
    }
}

/// The signals of a [`SignalSet`], lowest number first.
///
/// ```
/// use terminate_std::Signal;
/// let names: Vec<String> = Signal::TERMINATION.into_iter().map(|signal| signal.to_string()).collect();
/// assert_eq!(names, ["SIGHUP", "SIGINT", "SIGTERM"]);
/// ```
#[derive(Clone, Debug)]
pub struct Signals(u64);

impl Iterator for Signals {
    type Item = Signal;

    fn next(&mut self) -> Option<Signal> {
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (lowest < u64::BITS).then(|| Signal::from_raw(lowest.cast_signed() + 1))
    }
}

impl fmt::Debug for SignalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(*self).finish()
    }
}
