//! What is known of the last arrival of each signal that meant something: when, from whom, and the kernel's own record.

use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use libc::siginfo_t;

use super::thread;
use crate::Signal;
use crate::per_process::{PerProcess, Zeroed};
use crate::signal::SignalSet;
use crate::termination::Sender;

const WORDS: usize = mem::size_of::<siginfo_t>() / 8;
const _: () = assert!(WORDS * 8 == mem::size_of::<siginfo_t>() && mem::align_of::<siginfo_t>() <= 8);

/// A sequence lock: odd while it is being written, zero if it never was. Nobody waits: a handler that finds another one
/// writing goes on without, and so does a reader.
#[repr(C)]
struct Record {
    version: AtomicU32,
    at: AtomicU64,
    info: [AtomicU64; WORDS],
}

// SAFETY: nothing but atomics.
unsafe impl Zeroed for Record {}

#[repr(C)]
struct Arrivals {
    /// The signals that are on their way once more: what is known of them is what was known the first time.
    again: AtomicU64,
    records: [Record; 65],
}

// SAFETY: nothing but atomics.
unsafe impl Zeroed for Arrivals {}

static ARRIVALS: PerProcess<Arrivals> = PerProcess::new();

/// One arrival of a signal.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: Duration,
    pub(crate) sender: Option<Sender>,
}

#[inline]
fn record(signal: Signal) -> Option<&'static Record> {
    ARRIVALS.records.get(usize::try_from(signal.as_raw()).ok()?)
}

/// See [`super::needs`].
#[inline]
pub(super) fn needed(signal: Signal) -> [*const (); 4] {
    let record: *const () = record(signal).map_or(ptr::null(), |record| ptr::from_ref(record).cast());
    let at = |bytes| record.wrapping_byte_add(bytes);
    [(&raw const ARRIVALS).cast(), at(0), at(size_of::<Record>() / 2), at(size_of::<Record>() - 1)]
}

/// Keeps what the kernel says of the signal. This is async-signal-safe.
#[inline(never)]
#[unsafe(link_section = "terminate_handler")]
pub(super) fn keep(signal: Signal, info: &siginfo_t) {
    let Some(record) = record(signal) else { return };
    let bit = SignalSet::from(signal).to_bits();
    let again = &ARRIVALS.again;
    if again.load(Ordering::Relaxed) & bit != 0
        && is_from_us(info)
        && again.fetch_and(!bit, Ordering::Relaxed) & bit != 0
    {
        return;
    }
    let version = record.version.load(Ordering::Relaxed);
    let written = version % 2 == 0
        && record.version.compare_exchange(version, version | 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
    if written {
        // Pairs with the fence in `kept`: whoever reads anything of this also sees that the version was odd.
        fence(Ordering::Release);
        record.at.store(nanoseconds(), Ordering::Relaxed);
        // SAFETY: the sizes are equal, and the kernel wrote every byte of its record.
        let words = unsafe { &*ptr::from_ref(info).cast::<[u64; WORDS]>() };
        for (to, from) in record.info.iter().zip(words) {
            to.store(*from, Ordering::Relaxed);
        }
        record.version.store((version | 1).wrapping_add(1), Ordering::Release);
    }
}

/// The next arrival of the signal from this process itself is not a new one. This is async-signal-safe.
pub(super) fn will_come_again(signal: Signal) {
    ARRIVALS.again.fetch_or(SignalSet::from(signal).to_bits(), Ordering::Relaxed);
}

fn is_from_us(info: &siginfo_t) -> bool {
    // SAFETY: this code has the field.
    info.si_code == libc::SI_USER && unsafe { info.si_pid() } == thread::pid()
}

fn kept(signal: Signal) -> Option<(siginfo_t, Duration)> {
    let record = record(signal)?;
    let version = record.version.load(Ordering::Acquire);
    let at = Duration::from_nanos(record.at.load(Ordering::Relaxed));
    let mut words = [0; WORDS];
    for (to, from) in words.iter_mut().zip(&record.info) {
        *to = from.load(Ordering::Relaxed);
    }
    fence(Ordering::Acquire);
    let whole = version != 0 && version % 2 == 0 && record.version.load(Ordering::Relaxed) == version;
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    // SAFETY: the sizes are equal.
    unsafe { info.as_mut_ptr().cast::<[u64; WORDS]>().write(words) };
    // SAFETY: any bytes are a valid record.
    whole.then(|| (unsafe { info.assume_init() }, at))
}

/// The kernel's record of the last arrival.
pub(super) fn info(signal: Signal) -> Option<siginfo_t> {
    kept(signal).map(|(info, _)| info)
}

pub(crate) fn arrival(signal: Signal) -> Option<Arrival> {
    kept(signal).map(|(info, at)| Arrival { at, sender: sender(&info) })
}

/// Whatever came of that signal, this end is not by it.
pub(crate) fn forget_arrival(signal: Signal) {
    if let Some(record) = record(signal) {
        record.version.store(0, Ordering::Relaxed);
    }
}

/// Nothing has arrived at a forked child.
pub(super) fn begin_anew(process: i32) {
    ARRIVALS.begin_anew(process);
}

/// Only `kill`, `sigqueue` and `tgkill` say who sent it (`sigaction(2)`, `si_code`).
fn sender(info: &siginfo_t) -> Option<Sender> {
    if !matches!(info.si_code, libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL) {
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

/// The same, as one number, which is enough for 584 years since the machine was started.
#[inline]
fn nanoseconds() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`. This clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.unsigned_abs().wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec.unsigned_abs())
}
