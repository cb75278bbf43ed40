//! Printing from hooks.

use std::fmt::Arguments;

use crate::sys;

/// Prints a line to standard output from a hook: as std's `println!`, but it never panics, and waits for no lock.
///
/// At the end of a process the terminal or the reader of a pipe may be gone. Then std's `println!` panics, and the rest of the
/// hook does not run. Another thread may hold the lock of `std::io::stdout`; then std's waits, maybe for ever. This one writes
/// straight to the descriptor. What cannot be written is lost. A line that std has buffered, and that has no end yet, is
/// printed later.
///
/// Handler-safe hooks must not use this macro, because it allocates memory. With `use terminate_std::*`, `println!` alone is
/// ambiguous: name what is imported, or write `std::println!`.
///
/// ```
/// terminate_std::register(|cause| terminate_std::println!("cleaned up after {cause}"))?;
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => { $crate::__print(1, ::std::format_args!($($argument)*)) };
}

/// Prints a line to standard error from a hook: as std's `eprintln!`, but it never panics, and waits for no lock. See
/// [`println!`](crate::println!).
///
/// ```
/// terminate_std::register(|cause| terminate_std::eprintln!("ended by {cause}"))?;
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[macro_export]
macro_rules! eprintln {
    ($($argument:tt)*) => { $crate::__print(2, ::std::format_args!($($argument)*)) };
}

/// What the macros expand to.
#[doc(hidden)]
pub fn __print(descriptor: i32, line: Arguments<'_>) {
    sys::write_line(descriptor, format!("{line}\n").as_bytes());
}
