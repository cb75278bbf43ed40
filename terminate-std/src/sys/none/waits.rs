//! Threads, if there are any: telling them apart, and waiting.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

/// How often a thread that waits looks.
const POLL: Duration = Duration::from_millis(1);

/// Sleeps for a moment: no call is there by which one thread wakes another one from wherever it is.
pub(crate) fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    if word.load(Ordering::Acquire) == value {
        thread::sleep(limit.map_or(POLL, |limit| limit.min(POLL)));
    }
}

pub(crate) fn wake(_: &AtomicU32) {}

/// # Errors
///
/// If there are no threads, or no more of them.
pub(crate) fn spawn(name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    if cfg!(all(target_family = "wasm", not(target_feature = "atomics"))) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    thread::Builder::new().name(name.into()).spawn(body)
}

/// Tells this thread from the others.
pub(crate) fn thread_token() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| ptr::from_ref(here).addr())
}

/// No other thread asks for it.
pub(crate) fn thread_id() -> i32 {
    1
}

pub(crate) fn cached_thread_id() -> i32 {
    thread_id()
}

pub(crate) fn is_main_thread() -> bool {
    thread::current().name() == Some("main")
}

/// The time since some moment. Nothing here waits by it, so it may be the clock that people set.
pub(crate) fn monotonic() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// How long to wait between two looks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {}

/// Nothing shows where a thread is.
pub(crate) fn caught(_: i32) -> Option<Caught> {
    None
}
