//! Sending a signal to a thread, and taking one that is pending.
//!
//! All of this is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, siginfo_t, sigset_t};

use super::wait::sleep;
use crate::types::signal::Signal;

/// Sends the signal to the calling thread. The record is the system's: POSIX has no way to repeat one.
pub(crate) fn send_to_self(signal: Signal, _: Option<&siginfo_t>) {
    // SAFETY: sends a signal, to this thread.
    unsafe { libc::pthread_kill(libc::pthread_self(), signal.as_raw()) };
}

/// Has a blocking call fail with `EINTR`: sends the process the signal. POSIX has no way to send one to a thread that may be gone, so
/// the system chooses the thread; it is not this one, and on most systems the main thread if that takes it.
pub(crate) fn interrupt(_: c_int, signal: Signal) {
    let (mut only, mut natural) = (MaybeUninit::<sigset_t>::zeroed(), MaybeUninit::<sigset_t>::zeroed());
    // SAFETY: each call writes to a set, and the third one reads one that is written. The last sends a signal, to this process.
    unsafe {
        libc::sigemptyset(only.as_mut_ptr());
        libc::sigaddset(only.as_mut_ptr(), signal.as_raw());
        libc::pthread_sigmask(libc::SIG_BLOCK, only.as_ptr(), natural.as_mut_ptr());
        libc::kill(libc::getpid(), signal.as_raw());
    }
    // Until a thread has taken it, this one must not let it in.
    for _ in 0..LOOKS {
        if !is_pending(signal) {
            break;
        }
        sleep(BETWEEN);
    }
    // SAFETY: the set is written.
    unsafe {
        take_pending(only.assume_init_ref());
        libc::pthread_sigmask(libc::SIG_SETMASK, natural.as_ptr(), ptr::null_mut());
    }
}

/// How often to look whether a thread has taken a signal, and how many milliseconds to sleep in between.
const LOOKS: usize = 100;
const BETWEEN: libc::c_int = 1;

fn is_pending(signal: Signal) -> bool {
    pending().is_some_and(|pending| contains(&pending, signal.as_raw()))
}

fn pending() -> Option<sigset_t> {
    let mut pending = MaybeUninit::<sigset_t>::zeroed();
    // SAFETY: writes to `pending`, whose bytes are numbers.
    unsafe { (libc::sigpending(pending.as_mut_ptr()) == 0).then(|| pending.assume_init()) }
}

fn contains(set: &sigset_t, number: c_int) -> bool {
    // SAFETY: reads the set. It fails for a number that is no signal.
    unsafe { libc::sigismember(set, number) == 1 }
}

/// Takes one signal of the set that is pending, if there is one. The set has only signals that are sent to the calling thread.
pub(crate) fn take_pending(set: &sigset_t) -> bool {
    let Some(pending) = pending() else { return false };
    let (is_there, mut taken) = (|number| contains(&pending, number) && contains(set, number), 0);
    // SAFETY: reads the set, and writes to `taken`. It does not wait: one of the set is pending.
    (1..32).any(is_there) && unsafe { libc::sigwait(set, &raw mut taken) } == 0
}
