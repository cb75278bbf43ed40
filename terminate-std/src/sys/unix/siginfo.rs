//! What the kernel says of a signal, and when.

use std::time::Duration;

use libc::siginfo_t;

use crate::sys::{SI_QUEUE, SI_THREAD, SI_USER};
use crate::types::sender::Sender;

/// The kernel's record.
pub(crate) type Info = siginfo_t;

/// Only `kill`, `sigqueue` and `tgkill` say who sent a signal (`sigaction(2)`, `si_code`).
pub(crate) fn sender(info: &Info) -> Option<Sender> {
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
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`. This clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let [seconds, rest] = [u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec)].map(Result::unwrap_or_default);
    Duration::from_nanos(seconds.wrapping_mul(1_000_000_000).wrapping_add(rest))
}
