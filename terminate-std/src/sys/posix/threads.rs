//! Threads, where a process cannot look at another one.

use std::time::Duration;

/// How long to wait between two looks at threads: see [`caught`].
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

/// No thread is known to be one: see [`caught`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {}

/// There is no way to look at another thread. So a hook that waits in `exit` for a thread which waits for the hooks is not found, and
/// time limits remain. (Rust lets one thread into `process::exit` on Linux alone.)
pub(crate) fn caught(_: i32) -> Option<Caught> {
    None
}

/// There is no number for a thread. It would be for [`caught`].
pub(crate) fn thread_id() -> i32 {
    0
}
