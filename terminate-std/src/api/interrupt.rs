//! [`Interrupt`]: how the program notices a Ctrl-C that does not end the process.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::lifecycle::interrupt;

/// SIGINT arrived, and the hooks that request it have run: see
/// [`Hook::interrupt_on_sigint`](crate::Hook::interrupt_on_sigint).
///
/// It is an error, so `?` carries it to main, and main then returns a failure.
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

/// Takes the interrupt, if there is one. Each interrupt makes one call fail.
///
/// Without an interrupt this is a few loads, cheap enough for the inside of a loop.
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
/// [`Interrupt`], if one arrived since the last call that took one.
pub fn checkpoint() -> Result<(), Interrupt> {
    if interrupt::take() { Err(Interrupt) } else { Ok(()) }
}

/// Sleeps for that time, or until an interrupt arrives: a [`checkpoint`] that waits.
///
/// ```
/// terminate_std::sleep(std::time::Duration::from_millis(1))?;
/// # Ok::<(), terminate_std::Interrupt>(())
/// ```
///
/// # Errors
///
/// [`Interrupt`], as soon as there is one.
pub fn sleep(duration: Duration) -> Result<(), Interrupt> {
    if interrupt::wait(duration) { Err(Interrupt) } else { Ok(()) }
}
