//! Signals by name, for schedules and reports; and the random numbers that choose them.

use std::fmt;
use std::str::FromStr;

use libc::c_int;
use serde::{Serialize, Serializer};

/// A signal, by its number. Written as in `kill -l`: `TERM`, or `RTMIN+3`, or the number.
///
/// ```
/// use terminate_fuzz::storm::Signal;
/// assert_eq!("TERM".parse(), Ok(Signal::TERM));
/// assert_eq!("SIGTERM".parse(), Ok(Signal::TERM));
/// assert_eq!("15".parse(), Ok(Signal::TERM));
/// assert_eq!(Signal::TERM.to_string(), "TERM");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(c_int);

const NAMES: [(c_int, &str); 27] = [
    (libc::SIGHUP, "HUP"),
    (libc::SIGINT, "INT"),
    (libc::SIGQUIT, "QUIT"),
    (libc::SIGILL, "ILL"),
    (libc::SIGTRAP, "TRAP"),
    (libc::SIGABRT, "ABRT"),
    (libc::SIGBUS, "BUS"),
    (libc::SIGFPE, "FPE"),
    (libc::SIGKILL, "KILL"),
    (libc::SIGUSR1, "USR1"),
    (libc::SIGSEGV, "SEGV"),
    (libc::SIGUSR2, "USR2"),
    (libc::SIGPIPE, "PIPE"),
    (libc::SIGALRM, "ALRM"),
    (libc::SIGTERM, "TERM"),
    (libc::SIGCHLD, "CHLD"),
    (libc::SIGCONT, "CONT"),
    (libc::SIGSTOP, "STOP"),
    (libc::SIGTSTP, "TSTP"),
    (libc::SIGURG, "URG"),
    (libc::SIGXCPU, "XCPU"),
    (libc::SIGXFSZ, "XFSZ"),
    (libc::SIGVTALRM, "VTALRM"),
    (libc::SIGPROF, "PROF"),
    (libc::SIGWINCH, "WINCH"),
    (libc::SIGIO, "IO"),
    (libc::SIGSYS, "SYS"),
];

impl Signal {
    /// The polite request to end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// The terminal is gone.
    pub const HUP: Self = Self(libc::SIGHUP);

    /// The signal of that number, if there is one.
    #[must_use]
    pub fn new(number: c_int) -> Option<Self> {
        (1..=64).contains(&number).then_some(Self(number))
    }

    /// Whether a process that it ends leaves a core by default (`signal(7)`).
    pub(super) const fn makes_core(self) -> bool {
        use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
        matches!(self.0, SIGABRT | SIGBUS | SIGFPE | SIGILL | SIGQUIT | SIGSEGV | SIGSYS | SIGTRAP | SIGXCPU | SIGXFSZ)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> c_int {
        self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMES.iter().find(|(number, _)| *number == self.0) {
            return f.write_str(name);
        }
        match self.0 - libc::SIGRTMIN() {
            0 => f.write_str("RTMIN"),
            above @ 1.. => write!(f, "RTMIN+{above}"),
            _ => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix("SIG").unwrap_or(text);
        let above = |rest: &str| rest.parse::<c_int>().ok().map(|above| libc::SIGRTMIN() + above);
        let number = match bare.strip_prefix("RTMIN") {
            Some("") => Some(libc::SIGRTMIN()),
            Some(rest) => rest.strip_prefix('+').and_then(above),
            None => NAMES.iter().find(|(_, name)| *name == bare).map(|(number, _)| *number).or(bare.parse().ok()),
        };
        number.and_then(Self::new).ok_or_else(|| format!("there is no signal {text:?}"))
    }
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Numbers from a seed: `splitmix64`, by Sebastiano Vigna.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of that seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`; zero if that is zero.
    pub fn below(&mut self, limit: u32) -> u32 {
        (self.draw() >> 32).checked_rem(limit.into()).unwrap_or(0) as u32
    }

    /// Whether it is one of so many.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// One of the choices, each as often as its weight says; nothing if there is nothing to choose.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> Option<T> {
        let mut at = self.below(choices.iter().map(|(_, weight)| weight).sum());
        choices.iter().find_map(|(choice, weight)| match at.checked_sub(*weight) {
            None => Some(*choice),
            Some(rest) => {
                at = rest;
                None
            }
        })
    }

    /// A waiting time with that mean, as between events that know nothing of each other.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are plenty")]
    pub fn gap(&mut self, mean: f64) -> f64 {
        let unit = (self.draw() >> 11) as f64 / (1_u64 << 53) as f64;
        -mean * (1.0 - unit).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_read_as_it_is_written() {
        for signal in (1..=64).filter_map(Signal::new) {
            assert_eq!(signal.to_string().parse(), Ok(signal));
        }
        for wrong in ["", "0", "65", "TURM", "RTMIN+", "RTMIN+99", "RTMIN-1"] {
            wrong.parse::<Signal>().unwrap_err();
        }
    }

    #[test]
    fn choices_come_as_often_as_they_weigh() {
        let mut random = Random::new(1);
        let mut counts = [0; 3];
        for _ in 0..4_000 {
            counts[random.weighted(&[(0, 1), (1, 0), (2, 3)]).unwrap()] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((900..1_100).contains(&counts[0]), "{counts:?}");
        assert_eq!(random.weighted::<u8>(&[]), None);
    }
}
