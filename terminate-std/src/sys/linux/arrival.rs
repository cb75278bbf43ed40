//! What is known of the first arrival of each signal: when, from whom, and the kernel's own record of it.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::siginfo_t;

use crate::Signal;
use crate::termination::Sender;

const EMPTY: u32 = 0;
const WRITING: u32 = 1;
const WRITTEN: u32 = 2;

/// Written once, by the first handler to come; one that comes meanwhile goes on without, and never waits.
struct Record {
    state: AtomicU32,
    what: UnsafeCell<MaybeUninit<(siginfo_t, Duration)>>,
}

// SAFETY: written only by the one that moved the state from `EMPTY` to `WRITING`; read only once it is `WRITTEN`.
unsafe impl Sync for Record {}

static RECORDS: [Record; 65] =
    [const { Record { state: AtomicU32::new(EMPTY), what: UnsafeCell::new(MaybeUninit::uninit()) } }; 65];

/// One arrival of a signal.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: Duration,
    pub(crate) sender: Option<Sender>,
}

fn record(signal: Signal) -> Option<&'static Record> {
    RECORDS.get(usize::try_from(signal.as_raw()).ok()?)
}

/// Keeps what the kernel says of the signal, if it is the first. This is async-signal-safe.
pub(super) fn keep(signal: Signal, info: &siginfo_t) {
    let Some(record) = record(signal) else { return };
    if record.state.compare_exchange(EMPTY, WRITING, Ordering::Acquire, Ordering::Relaxed).is_ok() {
        // SAFETY: this exchange succeeds once, so nobody else writes, and nobody reads yet.
        unsafe { (*record.what.get()).write((*info, monotonic())) };
        // Release: pairs with the Acquire in `kept`.
        record.state.store(WRITTEN, Ordering::Release);
    }
}

fn kept(signal: Signal) -> Option<&'static (siginfo_t, Duration)> {
    let record = record(signal)?;
    // SAFETY: it is written, and never again.
    (record.state.load(Ordering::Acquire) == WRITTEN).then(|| unsafe { (*record.what.get()).assume_init_ref() })
}

/// The kernel's record of the first arrival.
pub(super) fn info(signal: Signal) -> Option<&'static siginfo_t> {
    kept(signal).map(|(info, _)| info)
}

pub(crate) fn arrival(signal: Signal) -> Option<Arrival> {
    kept(signal).map(|(info, at)| Arrival { at: *at, sender: sender(info) })
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
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`. This clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    Duration::from_secs(now.tv_sec.unsigned_abs()) + Duration::from_nanos(now.tv_nsec.unsigned_abs())
}
