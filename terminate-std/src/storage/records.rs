//! The last arrival of each requested signal: when, on which thread, and what the system said of it.
//!
//! All of this is async-signal-safe.

use std::mem;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use crate::sys;
use crate::types::sender::Sender;
use crate::types::signal::Signal;

const WORDS: usize = size_of::<sys::Info>() / 8;
/// One for each number. The stacks of loom's threads are too small for them.
const RECORDS: usize = if cfg!(loom) { 1 } else { 65 };

/// A sequence lock: odd while a handler writes, zero if none ever did. No thread waits: a handler that finds another one
/// writing goes on without, and so does a reader.
struct Record {
    version: AtomicU32,
    at: AtomicU64,
    thread: AtomicI32,
    info: [AtomicU64; WORDS],
}

impl Record {
    const fn new() -> Self {
        let (version, at, thread) = (AtomicU32::new(0), AtomicU64::new(0), AtomicI32::new(0));
        Self { version, at, thread, info: [const { AtomicU64::new(0) }; WORDS] }
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
    pub(crate) fn keep(&self, signal: Signal, info: &sys::Info) {
        let Some(record) = self.record(signal) else { return };
        let version = record.version.fetch_or(1, Ordering::Acquire);
        if version % 2 != 0 {
            return;
        }
        // Pairs with the fence in `arrival`: a reader that sees any of this also sees that the version was odd.
        fence(Ordering::Release);
        // More than 500 years fit.
        record.at.store(u64::try_from(sys::monotonic().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        record.thread.store(sys::thread_id(), Ordering::Relaxed);
        // SAFETY: any record is so many numbers, and the system wrote every byte of it.
        let words = unsafe { mem::transmute::<sys::Info, [u64; WORDS]>(*info) };
        for (to, from) in record.info.iter().zip(words) {
            to.store(from, Ordering::Relaxed);
        }
        record.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// This end is not by the last arrival of that signal.
    pub(crate) fn forget(&self, signal: Signal) {
        if let Some(record) = self.record(signal) {
            record.version.store(0, Ordering::Relaxed);
        }
    }

    /// The last arrival of the signal.
    pub(crate) fn arrival(&self, signal: Signal) -> Option<Arrival> {
        let record = self.record(signal)?;
        let version = record.version.load(Ordering::Acquire);
        let at = Duration::from_nanos(record.at.load(Ordering::Relaxed));
        let thread = record.thread.load(Ordering::Relaxed);
        let words = record.info.each_ref().map(|word| word.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let whole = version != 0 && version % 2 == 0 && record.version.load(Ordering::Relaxed) == version;
        // SAFETY: any numbers are a valid record.
        whole.then(|| Arrival { at, thread, info: unsafe { mem::transmute::<[u64; WORDS], sys::Info>(words) } })
    }
}

impl Arrival {
    pub(crate) fn sender(&self) -> Option<Sender> {
        sys::sender(&self.info)
    }
}
