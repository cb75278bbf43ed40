//! What the platform that is tested cannot do, and Linux with glibc can. The guide's page on platforms says it to users; tests
//! expect it.

/// Whether the C library tells an exit handler the status: `on_exit(3)`, which glibc alone has.
pub const TELLS_EXIT_STATUS: bool = cfg!(all(target_env = "gnu", not(terminate_posix)));

/// Whether a signal can be sent to a thread with the record that came with it before, or to one that may be gone.
pub const REPEATS_RECORDS: bool = cfg!(not(terminate_posix));

/// The cause of an exit after a panic of main that was caught.
pub const CAUSE_AFTER_CAUGHT_PANIC: &str = if TELLS_EXIT_STATUS { "exit" } else { "panic" };
