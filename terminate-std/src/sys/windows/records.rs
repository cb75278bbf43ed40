//! When each signal arrived last. The system does not report more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

use crate::types::sender::Sender;
use crate::types::signal::Signal;

/// By the signal's number: when it arrived, or zero.
pub(crate) struct Records {
    at: [AtomicU64; 65],
}

/// One arrival of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Duration,
}

/// What the system reports of a signal, beside the time.
pub(crate) struct Info;

impl Records {
    pub(crate) const fn new() -> Self {
        Self { at: [const { AtomicU64::new(0) }; 65] }
    }

    fn at(&self, signal: Signal) -> Option<&AtomicU64> {
        self.at.get(usize::try_from(signal.as_raw()).ok()?)
    }

    /// Keeps the time.
    pub(crate) fn keep(&self, signal: Signal, _: &Info) {
        if let Some(at) = self.at(signal) {
            at.store(nanoseconds().max(1), Ordering::Relaxed);
        }
    }

    /// This end is not by the last arrival of that signal.
    pub(crate) fn forget(&self, signal: Signal) {
        if let Some(at) = self.at(signal) {
            at.store(0, Ordering::Relaxed);
        }
    }

    /// The last arrival of the signal.
    pub(crate) fn arrival(&self, signal: Signal) -> Option<Arrival> {
        let at = self.at(signal)?.load(Ordering::Relaxed);
        (at != 0).then(|| Arrival { at: Duration::from_nanos(at) })
    }
}

impl Arrival {
    /// The system does not report it.
    pub(crate) fn sender(&self) -> Option<Sender> {
        let Self { at: _ } = self;
        None
    }
}

/// The time since the machine was started.
pub(crate) fn monotonic() -> Duration {
    Duration::from_nanos(nanoseconds())
}

fn nanoseconds() -> u64 {
    let (mut now, mut frequency) = (0, 0);
    // SAFETY: each writes a number. They cannot fail since Windows XP.
    unsafe {
        QueryPerformanceCounter(&raw mut now);
        QueryPerformanceFrequency(&raw mut frequency);
    }
    let [now, frequency] = [now, frequency].map(|number: i64| u128::from(number.unsigned_abs()));
    u64::try_from(now * 1_000_000_000 / frequency.max(1)).unwrap_or(u64::MAX)
}
