//! The part of an operation that is interrupted.

use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;

use terminate_firmware::board;

/// Whether an operation is interrupted.
#[derive(Clone, Copy)]
pub enum Window {
    Closed,
    /// After so many ticks.
    After(u32),
}

static OPEN: AtomicBool = AtomicBool::new(false);
/// Whether it is the non-maskable interrupt that comes.
static NMI: AtomicBool = AtomicBool::new(false);

/// Says which interrupt comes.
pub fn interrupt_by_nmi(nmi: bool) {
    NMI.store(nmi, Relaxed);
}

/// Whether the operation has begun and not ended.
pub fn is_open() -> bool {
    OPEN.load(Relaxed)
}

impl Window {
    pub fn run<R>(self, operation: impl FnOnce() -> R) -> R {
        let Self::After(ticks) = self else { return operation() };
        let nmi = NMI.load(Relaxed);
        if nmi {
            board::pend_nmi_after(ticks);
        } else {
            board::pend_high_after(ticks);
        }
        terminate_window_opens();
        let result = operation();
        terminate_window_closes();
        if nmi {
            board::stop_watchdog();
        } else {
            board::stop_timer();
        }
        result
    }
}

// With names for the host, which finds them in a trace.

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn terminate_window_opens() {
    OPEN.store(true, Relaxed);
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn terminate_window_closes() {
    OPEN.store(false, Relaxed);
}
