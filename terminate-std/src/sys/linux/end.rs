//! How a process ends, and what is said before.
//!
//! All of this is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, siginfo_t, sigset_t};

use super::disposition::{self, Previous};
use super::signals::{Default, default_of};
use super::{arrival, thread};
use crate::Signal;

/// Dies by the signal, as if nobody had caught it: same number, and a core where the default action makes one.
///
/// Where that does not end a process (process 1, signals that are ignored or stop by default), `_exit(128 + n)`.
pub(crate) fn die_by(signal: Signal) -> ! {
    if default_of(signal) == Default::End {
        let _ = disposition::set(signal, &disposition::default());
        unblock(signal);
        send_to_self(signal, None);
    }
    exit_now(128 + signal.as_raw())
}

/// Stops the process, as the signal does by default, and takes the signal over again when it goes on.
pub(super) fn stop_by(signal: Signal) {
    if let Ok(ours) = disposition::set(signal, &disposition::default()) {
        send_to_self(signal, None);
        unblock(signal);
        block(signal);
        let _ = disposition::set(signal, &ours);
    }
}

/// Ends the process with that exit code, at once.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: does not return, and runs nothing.
    unsafe { libc::_exit(code) }
}

/// Lets the handler that stood before ours have the signal that ended the process: puts it back, and sends the signal to
/// this thread as the kernel sent it to us, so that it is called with a real context, on the stack and with the mask
/// that it asked for. Returns when it does.
pub(crate) fn redeliver(signal: Signal) {
    if let Previous::Handler(_) = disposition::previous(signal) {
        disposition::restore(signal);
        unblock(signal);
        send_to_self(signal, arrival::info(signal));
    }
}

/// Sends the signal to the calling thread, with the kernel's record of it if there is one.
pub(super) fn send_to_self(signal: Signal, info: Option<&siginfo_t>) {
    let (pid, tid, number) = (thread::pid(), thread::tid(), signal.as_raw());
    if let Some(info) = info {
        // The C library has no wrapper. To itself, a process may send any record (`rt_sigqueueinfo(2)`).
        // SAFETY: reads `info`.
        let sent = unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, tid, number, ptr::from_ref(info)) };
        if sent == 0 {
            return;
        }
    }
    // SAFETY: sends a signal, to this thread.
    unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, number) };
}

fn unblock(signal: Signal) {
    change_mask(libc::SIG_UNBLOCK, signal);
}

fn block(signal: Signal) {
    change_mask(libc::SIG_BLOCK, signal);
}

fn change_mask(how: c_int, signal: Signal) {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: initialises `set`.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: `set` is initialised.
    unsafe { libc::sigaddset(set.as_mut_ptr(), signal.as_raw()) };
    // SAFETY: `set` is initialised; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut()) };
}

/// Writes to standard error, whatever its state: where nobody can read it, it is lost.
pub(crate) fn message(text: &str) {
    // SAFETY: reads `text`. The descriptor may be closed, or anything: that is an error, and no harm.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}
