//! Threads: telling them apart, waiting for a word, starting one.

use std::io;
use std::sync::atomic::AtomicU32;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use windows_sys::Win32::System::Threading::{GetCurrentThreadId, INFINITE, Sleep, WaitOnAddress, WakeByAddressAll};

#[link(name = "ntdll", kind = "raw-dylib")]
unsafe extern "system" {
    safe fn RtlDllShutdownInProgress() -> u8;
}

/// Whether the system has ended every other thread: this one is in `ExitProcess`.
pub(crate) fn is_alone() -> bool {
    RtlDllShutdownInProgress() != 0
}

/// Tells this thread from the others of its process, without a system call.
pub(crate) fn thread_token() -> usize {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { GetCurrentThreadId() as usize }
}

/// The number by which the system knows this thread.
pub(crate) fn thread_id() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { GetCurrentThreadId() }.cast_signed()
}

/// As [`thread_id`].
pub(crate) fn cached_thread_id() -> i32 {
    thread_id()
}

/// Waits while the word has that value, at most that long; may return early.
pub(crate) fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    // A part of a millisecond counts as one: a caller that has time left must not wait in a busy loop.
    let milliseconds = |limit: Duration| u32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(INFINITE - 1);
    let limit = limit.map_or(INFINITE, milliseconds);
    // SAFETY: the word and the value are alive as long as the call.
    unsafe { WaitOnAddress(word.as_ptr().cast(), (&raw const value).cast(), size_of::<u32>(), limit) };
}

/// Wakes every thread that waits for the word.
pub(crate) fn wake(word: &AtomicU32) {
    // SAFETY: the system takes the address as a name, and does not follow it.
    unsafe { WakeByAddressAll(word.as_ptr().cast()) };
}

/// For a thread that must not return: another one ends the process.
pub(crate) fn park() -> ! {
    loop {
        // SAFETY: takes time, and changes nothing.
        unsafe { Sleep(INFINITE) };
    }
}

/// Starts a thread. Boxed: the code that starts threads is large, and is there once.
///
/// # Errors
///
/// If the system has no more threads to give, or starts none any more because the process ends.
pub(crate) fn spawn(name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    if is_alone() {
        return Err(io::Error::other("the process ends"));
    }
    thread::Builder::new().name(name.into()).spawn(body)
}

/// How long to wait between two looks at threads: see [`caught`].
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

/// No thread is known to be one: see [`caught`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {}

/// There is no way to look at another thread. So a hook that waits in the C runtime's `exit` for a thread which waits for the hooks is
/// not found, and time limits remain. (Rust's `process::exit` waits for no thread: see [`super::exit`].)
pub(crate) fn caught(_: i32) -> Option<Caught> {
    None
}
