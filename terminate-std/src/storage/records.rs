//! The last arrival of each requested signal: when, on which thread, what the system said of it, and whether another
//! handler was there.
//!
//! All of this is async-signal-safe.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;
use std::{mem, ptr};

use crate::sys;
use crate::types::sender::Sender;
use crate::types::signal::Signal;

const WORDS: usize = size_of::<sys::Info>() / 8;
/// One for each number. The stacks of loom's threads are too small for them.
const RECORDS: usize = if cfg!(loom) { 1 } else { 65 };

/// A sequence lock: its version is odd while a thread writes. No thread waits: a handler that finds another one writing goes on
/// without, and so does a reader.
struct Record {
    version: AtomicU32,
    at: AtomicU64,
    /// Zero: there is no arrival.
    thread: AtomicI32,
    was_shared: AtomicBool,
    info: [AtomicU64; WORDS],
}

impl Record {
    const fn new() -> Self {
        let (version, at, thread) = (AtomicU32::new(0), AtomicU64::new(0), AtomicI32::new(0));
        let was_shared = AtomicBool::new(false);
        Self { version, at, thread, was_shared, info: [const { AtomicU64::new(0) }; WORDS] }
    }
}

/// One record for each signal. A forked child begins without any.
pub(crate) struct Records {
    records: [Record; RECORDS],
}

/// One arrival of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// On the clock of [`sys::monotonic`].
    pub(crate) at: Duration,
    /// The thread whose handler the system called.
    pub(crate) thread: i32,
    /// Whether another handler of the signal was there, and the runner was to run the hooks.
    pub(crate) was_shared: bool,
    pub(crate) info: sys::Info,
}

impl Records {
    pub(crate) const fn new() -> Self {
        Self { records: [const { Record::new() }; RECORDS] }
    }

    fn record(&self, signal: Signal) -> Option<&Record> {
        self.records.get(usize::try_from(signal.as_raw()).ok()?)
    }

    /// Keeps what the system says of the signal, which arrives at this thread.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "only Unix has much to say")]
    pub(crate) fn keep(&self, signal: Signal, info: &sys::Info, is_shared: bool) {
        // More than 500 years fit.
        let at = u64::try_from(sys::monotonic().as_nanos()).unwrap_or(u64::MAX);
        let thread = sys::thread_id();
        // SAFETY: as long as an `Info`. The system wrote every byte of it, what lies between its fields too.
        let words = unsafe { ptr::from_ref(info).cast::<[u64; WORDS]>().read_unaligned() };
        self.write(signal, |record| {
            record.at.store(at, Ordering::Relaxed);
            record.thread.store(thread, Ordering::Relaxed);
            record.was_shared.store(is_shared, Ordering::Relaxed);
            for (to, from) in record.info.iter().zip(words) {
                to.store(from, Ordering::Relaxed);
            }
        });
    }

    fn write(&self, signal: Signal, write: impl FnOnce(&Record)) {
        let Some(record) = self.record(signal) else { return };
        let version = record.version.fetch_or(1, Ordering::Acquire);
        if version % 2 == 0 {
            // Pairs with the fence in `arrival`: a reader that sees any of this also sees that the version was odd.
            fence(Ordering::Release);
            write(record);
            record.version.store(version.wrapping_add(2), Ordering::Release);
        }
    }

    /// The last arrival of the signal.
    #[inline(never)]
    pub(crate) fn arrival(&self, signal: Signal) -> Option<Arrival> {
        let record = self.record(signal)?;
        let version = record.version.load(Ordering::Acquire);
        let at = Duration::from_nanos(record.at.load(Ordering::Relaxed));
        let thread = record.thread.load(Ordering::Relaxed);
        let was_shared = record.was_shared.load(Ordering::Relaxed);
        let words = record.info.each_ref().map(|word| word.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let is_whole = version % 2 == 0 && record.version.load(Ordering::Relaxed) == version;
        // SAFETY: any numbers are a valid record.
        let info = unsafe { mem::transmute::<[u64; WORDS], sys::Info>(words) };
        (is_whole && thread != 0).then_some(Arrival { at, thread, was_shared, info })
    }
}

impl Arrival {
    pub(crate) fn sender(&self) -> Option<Sender> {
        sys::sender(&self.info)
    }
}

#[cfg(all(test, unix, not(loom)))]
mod tests {
    use super::*;

    fn info(code: i32) -> sys::Info {
        // SAFETY: all zero is valid.
        let mut info: sys::Info = unsafe { mem::zeroed() };
        info.si_code = code;
        info
    }

    #[test]
    fn the_last_arrival_of_each_signal_is_kept() {
        let records = Records::new();
        let code = |signal| records.arrival(signal).map(|arrival| arrival.info.si_code);
        assert_eq!(code(Signal::TERM), None);
        for n in [7, 8] {
            records.keep(Signal::TERM, &info(n), false);
            assert_eq!(code(Signal::TERM), Some(n));
        }
        assert_eq!(records.arrival(Signal::TERM).map(|arrival| arrival.thread), Some(sys::thread_id()));
        records.keep(Signal::INT, &info(9), false);
        assert_eq!((code(Signal::TERM), code(Signal::INT)), (Some(8), Some(9)));
    }

    #[test]
    fn a_record_that_another_thread_writes_is_neither_written_nor_read() {
        let records = Records::new();
        records.keep(Signal::TERM, &info(7), false);
        records.write(Signal::TERM, |_| {
            records.keep(Signal::TERM, &info(8), false);
            assert!(records.arrival(Signal::TERM).is_none());
        });
        assert_eq!(records.arrival(Signal::TERM).map(|arrival| arrival.info.si_code), Some(7));
    }
}
