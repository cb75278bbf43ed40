//! [`Settings`]: what holds for a whole process, and for its forked children.

use std::time::Duration;

use super::signal::Signal;
use super::signal_set::SignalSet;

/// What [`Config`](crate::Config) says.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The signals of hooks that name none, and of a program that waits for its end.
    pub(crate) signals: SignalSet,
    /// Without one, it depends on whether the program waits for its end.
    pub(crate) grace: Option<Duration>,
    pub(crate) linger: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) notice_after: Option<Duration>,
    pub(crate) force_after: u32,
    /// Whether a panic of any thread ends the process.
    pub(crate) any_panic_ends: bool,
}

impl Settings {
    /// The grace of a program that waits for its end, unless its configuration has another one.
    pub(crate) const GRACE: Duration = Duration::from_secs(10);

    pub(crate) const DEFAULT: Self = Self {
        signals: Signal::TERMINATION,
        grace: None,
        linger: Duration::from_secs(5),
        deadline: None,
        notice_after: Some(Duration::from_secs(10)),
        force_after: 0,
        any_panic_ends: false,
    };

    /// Whether a thread has to watch the time, or to wait for it.
    pub(crate) fn need_runner(&self) -> bool {
        self.deadline.is_some() || self.grace.is_some_and(|grace| !grace.is_zero())
    }
}
