//! The interrupt that waits for [`checkpoint`](crate::interrupt::checkpoint).

use std::time::{Duration, Instant};

use super::fork;
use super::process::Process;
use crate::sys;
use crate::types::atomic::Ordering;

/// The hooks of an interrupt have run: the program is notified. This is async-signal-safe.
pub(crate) fn raise(process: &Process) {
    process.interrupt.store(1, Ordering::Release);
    sys::wake(&process.interrupt);
}

/// Takes the interrupt, if there is one that came to this process.
pub(crate) fn take() -> bool {
    let process = fork::current();
    // The load first, since it is what almost every call needs.
    process.interrupt.load(Ordering::Relaxed) != 0
        && fork::is_current(process)
        && process.interrupt.swap(0, Ordering::AcqRel) != 0
}

/// Sleeps until there is an interrupt, at most that long. Whether there was one, which is taken.
pub(crate) fn wait(duration: Duration) -> bool {
    let begun = Instant::now();
    loop {
        if take() {
            return true;
        }
        let Some(left) = duration.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { return false };
        let process = fork::current();
        if fork::is_current(process) {
            sys::wait(&process.interrupt, 0, Some(left));
        } else {
            std::thread::sleep(left);
        }
    }
}
