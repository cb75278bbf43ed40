//! What the firmware programs share: the board, a way to say things to the host, and a panic that ends the program.
#![no_std]

pub mod board;
pub mod cell;

pub use semihosting::process::exit;
pub use semihosting::{print, println};
use terminate_core::SignalNumber;

/// The exit status of a program that panicked.
pub const PANICKED: i32 = 101;

/// The numbers that this firmware gives to its interrupts and faults.
pub mod signal {
    use super::SignalNumber;

    /// An interrupt that says that the power goes down.
    pub const BROWN_OUT: SignalNumber = SignalNumber::new(1).unwrap();
    /// `HardFault` on Cortex-M, an exception on RISC-V.
    pub const FAULT: SignalNumber = SignalNumber::new(2).unwrap();
    /// The non-maskable interrupt.
    pub const NMI: SignalNumber = SignalNumber::new(3).unwrap();
}

/// The arguments that the host started the program with, but for the program's own name.
pub fn argument<const MOST: usize>(number: usize, buffer: &mut [u8; MOST]) -> &str {
    let Ok(arguments) = semihosting::experimental::env::args::<MOST>() else { return "" };
    let Some(Ok(argument)) = (&arguments).into_iter().nth(number + 1) else { return "" };
    let length = argument.len();
    buffer[..length].copy_from_slice(argument.as_bytes());
    core::str::from_utf8(&buffer[..length]).unwrap_or_default()
}
