//! [`Clock`]: time limits that do not count the time in which the process was stopped.

use std::time::Duration;

use crate::sys;

/// The longest sleep where a time limit counts, in nanoseconds. Time in which the process was stopped counts as one such sleep at most.
const SLICE: u64 = 100_000_000;

/// Measures how long a period lasts, whatever names it. A stop (`SIGSTOP`) does not count: each step counts for no more than the
/// sleep that it was to be.
#[derive(Default)]
pub(crate) struct Clock<P> {
    period: Option<(P, Duration)>,
    /// In nanoseconds, as plain numbers: arithmetic with `Duration` can panic, as far as the machine code shows.
    last: u64,
    left: u64,
}

impl<P: PartialEq + Copy> Clock<P> {
    /// How long to sleep now in that period; `None` if its limit is over.
    pub(crate) fn next_sleep(&mut self, period: P, limit: Duration) -> Option<Duration> {
        let now = nanoseconds(sys::monotonic());
        let period = Some((period, limit));
        if self.period != period {
            *self = Self { period, last: now, left: nanoseconds(limit) };
        }
        self.left = self.left.saturating_sub(now.saturating_sub(self.last).min(SLICE));
        self.last = now;
        (self.left != 0).then(|| Duration::from_nanos(self.left.min(SLICE)))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
