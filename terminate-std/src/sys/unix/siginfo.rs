//! What the kernel said of the last arrival of each requested signal: when, on which thread, from which process, and its own
//! record.

use std::mem;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use libc::siginfo_t;

use crate::sys::{SI_QUEUE, SI_THREAD, SI_USER, thread_id};
use crate::types::sender::Sender;
use crate::types::signal::Signal;

const WORDS: usize = size_of::<siginfo_t>() / 8;
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
    pub(crate) at: Duration,
    /// The thread whose handler the kernel called.
    pub(super) thread: i32,
    /// The kernel's record.
    pub(crate) info: siginfo_t,
}

impl Records {
    pub(crate) const fn new() -> Self {
        Self { records: [const { Record::new() }; RECORDS] }
    }

    fn record(&self, signal: Signal) -> Option<&Record> {
        self.records.get(usize::try_from(signal.as_raw()).ok()?)
    }

    /// Keeps what the kernel says of the signal. This is async-signal-safe.
    pub(crate) fn keep(&self, signal: Signal, info: &siginfo_t) {
        let Some(record) = self.record(signal) else { return };
        let version = record.version.load(Ordering::Relaxed);
        let written = version % 2 == 0
            && record.version.compare_exchange(version, version | 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if written {
            // Pairs with the fence in `arrival`: a reader that sees any of this also sees that the version was odd.
            fence(Ordering::Release);
            record.at.store(nanoseconds(), Ordering::Relaxed);
            record.thread.store(thread_id(), Ordering::Relaxed);
            // SAFETY: any record is so many numbers, and the kernel wrote every byte of it.
            let words = unsafe { mem::transmute::<siginfo_t, [u64; WORDS]>(*info) };
            for (to, from) in record.info.iter().zip(words) {
                to.store(from, Ordering::Relaxed);
            }
            record.version.store((version | 1).wrapping_add(1), Ordering::Release);
        }
    }

    /// This end is not by the last arrival of that signal.
    pub(crate) fn forget(&self, signal: Signal) {
        if let Some(record) = self.record(signal) {
            record.version.store(0, Ordering::Relaxed);
        }
    }

    /// The last arrival of the signal. This is async-signal-safe.
    pub(crate) fn arrival(&self, signal: Signal) -> Option<Arrival> {
        let record = self.record(signal)?;
        let version = record.version.load(Ordering::Acquire);
        let at = Duration::from_nanos(record.at.load(Ordering::Relaxed));
        let thread = record.thread.load(Ordering::Relaxed);
        let words = record.info.each_ref().map(|word| word.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let whole = version != 0 && version % 2 == 0 && record.version.load(Ordering::Relaxed) == version;
        // SAFETY: any numbers are a valid record.
        whole.then(|| Arrival { at, thread, info: unsafe { mem::transmute::<[u64; WORDS], siginfo_t>(words) } })
    }
}

impl Arrival {
    pub(crate) fn sender(&self) -> Option<Sender> {
        sender(&self.info)
    }
}

/// Only `kill`, `sigqueue` and `tgkill` say who sent a signal (`sigaction(2)`, `si_code`).
pub(super) fn sender(info: &siginfo_t) -> Option<Sender> {
    if !matches!(info.si_code, SI_USER | SI_QUEUE | SI_THREAD) {
        return None;
    }
    // SAFETY: these codes have both fields.
    let (pid, uid) = unsafe { (info.si_pid(), info.si_uid()) };
    // Zero: from outside of our process namespace, or the kernel.
    u32::try_from(pid).ok().filter(|pid| *pid != 0).map(|pid| Sender { pid, uid })
}

/// The monotonic clock. This is async-signal-safe.
pub(crate) fn monotonic() -> Duration {
    Duration::from_nanos(nanoseconds())
}

/// In nanoseconds: enough for 584 years since the machine was started.
#[inline]
fn nanoseconds() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`. This clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let [seconds, rest] = [u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec)].map(Result::unwrap_or_default);
    seconds.wrapping_mul(1_000_000_000).wrapping_add(rest)
}
