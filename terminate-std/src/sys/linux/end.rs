//! How a process ends, and what is said before.
//!
//! All of this is async-signal-safe.

use std::ptr;

use libc::{c_int, siginfo_t};

use super::disposition::{self, Previous};
use super::signals::{Default, default_of};
use super::{arrival, mask, thread};
use crate::Signal;

/// Dies by the signal, as if nobody had caught it: same number, and a core where the default action makes one.
///
/// Where that does not end a process (process 1, signals that are ignored or stop by default), `_exit(128 + n)`.
pub(crate) fn die_by(signal: Signal) -> ! {
    if default_of(signal) == Default::End && !cfg!(terminate_seed_bug = "end_by_a_code") {
        let _ = disposition::set(signal, &disposition::default());
        mask::unblock(signal);
        send_to_self(signal, None);
    }
    exit_now(128 + signal.as_raw())
}

/// Stops the process, as the signal does by default, and takes the signal over again when it goes on.
pub(super) fn stop_by(signal: Signal) {
    if let Some(ours) = disposition::set(signal, &disposition::default()) {
        send_to_self(signal, None);
        mask::unblock(signal);
        mask::block(signal);
        let _ = disposition::set(signal, &ours);
    }
}

/// Ends the process with that exit code, at once.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: does not return, and runs nothing.
    unsafe { libc::_exit(code) }
}

/// Exits with that code, so that other exit handlers run. Not async-signal-safe.
pub(crate) fn exit(code: c_int) -> ! {
    if super::outlasts_exit() {
        std::process::exit(code);
    }
    // Rust's own would pull the alternate stack from under the main thread, which may be in our handler. What it would do
    // beside that is to flush the last, unfinished line of standard output.
    // SAFETY: no other thread is in `exit` because of us, and of ours none will be.
    unsafe { libc::exit(code) }
}

/// Lets the handler that stood before ours have the signal that ended the process: puts it back, and sends the signal to
/// this thread as the kernel sent it to us, so that it is called with a real context, on the stack and with the mask
/// that it asked for. Returns when it does.
pub(crate) fn redeliver(signal: Signal) {
    if let Previous::Handler(_) = disposition::previous(signal) {
        let natural = mask::current();
        disposition::restore(signal);
        mask::unblock(signal);
        send_to_self(signal, arrival::info(signal).as_ref());
        // This may be a thread of the program's, which has exit handlers to run yet.
        mask::exchange(&natural);
    }
}

/// As [`redeliver`], and then the signal is ours again: the process goes on.
pub(crate) fn redeliver_and_keep(signal: Signal) {
    if let (Previous::Handler(_), Ok(ours)) = (disposition::previous(signal), disposition::current(signal)) {
        redeliver(signal);
        let _ = disposition::set(signal, &ours);
    }
}

/// Sends the signal to this process, whichever thread takes it.
fn send_to_process(signal: Signal) {
    // SAFETY: sends a signal, to this process.
    unsafe { libc::kill(thread::pid(), signal.as_raw()) };
}

/// Sends a signal that had come before, and whose record was kept, to this process once more.
pub(crate) fn send_again(signal: Signal) {
    arrival::will_come_again(signal);
    send_to_process(signal);
}

/// Sends the signal to the calling thread, which takes it before this returns, unless it is ignored.
pub(crate) fn send_to_this_thread(signal: Signal) {
    mask::unblock(signal);
    send_to_self(signal, None);
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
    if unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, number) } != 0 {
        // No room in the queue (`RLIMIT_SIGPENDING`): a real-time signal then goes to the process, or not at all.
        send_to_process(signal);
    }
}

/// Writes to standard error, whatever its state: where nobody can read it, it is lost.
pub(crate) fn message(text: &[u8]) {
    // SAFETY: reads `text`. The descriptor may be closed, or anything: that is an error, and no harm.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}
