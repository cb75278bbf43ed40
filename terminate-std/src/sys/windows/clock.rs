//! The clock that no program sets.

use std::time::Duration;

use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

/// The time since the machine was started.
pub(crate) fn monotonic() -> Duration {
    let (mut now, mut frequency) = (0, 0);
    // SAFETY: each writes a number. They cannot fail since Windows XP.
    unsafe {
        QueryPerformanceCounter(&raw mut now);
        QueryPerformanceFrequency(&raw mut frequency);
    }
    let [now, frequency] = [now, frequency].map(|number: i64| u128::from(number.unsigned_abs()));
    Duration::from_nanos(u64::try_from(now * 1_000_000_000 / frequency.max(1)).unwrap_or(u64::MAX))
}
