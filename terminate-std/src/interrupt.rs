//! [`Interrupt`]: where a Ctrl-C that does not end the process surfaces in the program.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::sys;

/// From an interrupt until somebody takes it, the process that it came to; otherwise zero. A forked child takes none that
/// came to its parent.
static RAISED: AtomicU32 = AtomicU32::new(0);

/// SIGINT arrived, and the hooks that asked for it have run: see
/// [`Hook::interrupt_on_sigint`](crate::Hook::interrupt_on_sigint).
///
/// It is an error, so that `?` carries it to main, which then ends with a non-zero status.
///
/// ```
/// use terminate_std::{Interrupt, checkpoint};
/// fn main() -> Result<(), Interrupt> {
///     for _ in 0..3 {
///         checkpoint()?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt;

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted by SIGINT")
    }
}

impl Error for Interrupt {}

/// Whether the program has been told of the interrupt that is under way. A Ctrl-C that comes later is another one.
static TOLD: AtomicBool = AtomicBool::new(false);

/// The hooks of an interrupt begin. This is async-signal-safe.
pub(crate) fn begin() {
    TOLD.store(false, Ordering::Relaxed);
}

pub(crate) fn is_told() -> bool {
    TOLD.load(Ordering::Acquire)
}

/// An interrupt has been dealt with by its hooks. This is async-signal-safe.
pub(crate) fn raise() {
    TOLD.store(true, Ordering::Release);
    RAISED.store(this_process(), Ordering::Release);
    sys::wake_all(&RAISED);
}

fn this_process() -> u32 {
    sys::process().cast_unsigned()
}

/// Gives the interrupt, once, to the first who asks after it.
///
/// One atomic operation: cheap enough for the inside of a loop.
///
/// ```
/// use terminate_std::{Interrupt, checkpoint};
/// fn sum(numbers: &[u64]) -> Result<u64, Interrupt> {
///     let mut sum = 0;
///     for number in numbers {
///         checkpoint()?;
///         sum += number;
///     }
///     Ok(sum)
/// }
/// assert_eq!(sum(&[1, 2, 3]), Ok(6));
/// ```
///
/// # Errors
///
/// [`Interrupt`], if there was one since the last time.
pub fn checkpoint() -> Result<(), Interrupt> {
    // The load first, since it is what almost every call needs.
    let raised = RAISED.load(Ordering::Relaxed) != 0 && RAISED.swap(0, Ordering::AcqRel) == this_process();
    if raised { Err(Interrupt) } else { Ok(()) }
}

/// Sleeps, unless interrupted: a [`checkpoint`] that lasts.
///
/// ```
/// terminate_std::sleep(std::time::Duration::from_millis(1))?;
/// # Ok::<(), terminate_std::Interrupt>(())
/// ```
///
/// # Errors
///
/// [`Interrupt`], at once when there is one.
pub fn sleep(duration: Duration) -> Result<(), Interrupt> {
    let begun = Instant::now();
    loop {
        checkpoint()?;
        let Some(left) = duration.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { return Ok(()) };
        sys::wait(&RAISED, 0, Some(left));
    }
}
