//! Starts the fixture of this package, sends it console events, and judges it by what it says and by its exit code.
#![cfg(windows)]

mod child;
mod event;
mod library;
mod outcome;
mod wine;

pub use child::Child;
pub use event::{BREAK, CLOSE, CTRL_C, Event, LOGOFF, SHUTDOWN, raise_event};
pub use library::terminate_windows_register;
pub use outcome::{ACCESS_VIOLATION, CONTROL_C_EXIT, FAST_FAIL, Outcome};
pub use wine::{is_wine, skipped};

/// A line that says that a hook runs is this, its name, and the cause.
pub const HOOK: &str = "hook ";
