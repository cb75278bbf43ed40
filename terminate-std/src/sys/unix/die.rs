//! How a process ends, and what its previous handlers get before.
//!
//! All of this is async-signal-safe, [`exit`] and [`write_line`] aside.

use std::io;

use libc::{c_int, siginfo_t};

use super::mask::{self, Mask};
use super::siginfo::Info;
use super::{altstack, sigaction};
use crate::sys::{interrupt, send_to_self, thread_token};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// What stops a process by default (`signal(7)`).
pub(super) const STOPPING: SignalSet =
    SignalSet::EMPTY.with(Signal::STOP).with(Signal::TSTP).with(Signal::TTIN).with(Signal::TTOU);

/// Dies by the signal, as if no program had handled it: same number, and a core where the default action makes one.
///
/// Where that does not end a process (process 1, signals that are ignored or stop by default), `_exit(128 + n)`; for a number
/// that is no signal, `_exit(255)`.
pub(crate) fn die_by(signal: Signal) -> ! {
    if signal.number().is_none() {
        exit_now(255);
    }
    // A filter of system calls may refuse that. Then our handler would be called again.
    if !STOPPING.contains(signal) && sigaction::change(signal, Some(&sigaction::DEFAULT)).is_some() {
        send_to_this_thread(signal);
    }
    exit_now(128 + signal.as_raw())
}

/// Stops the process, as the signal does by default, and takes the signal over again when it goes on. Two such signals at once
/// stop it once, as two that are pending would.
pub(super) fn stop_by(signal: Signal) {
    // Where the default action stands, another thread is here, and puts back what it found.
    let is_first = |stands: &libc::sigaction| stands.sa_sigaction != libc::SIG_DFL;
    if let Some(stands) = sigaction::change(signal, Some(&sigaction::DEFAULT)).filter(is_first) {
        take(signal, None).set();
        let _ = sigaction::change(signal, Some(&stands));
    }
}

/// Ends the process with that exit code, at once.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: does not return, and runs nothing.
    unsafe { libc::_exit(code) }
}

/// Exits with that code, so that other exit handlers run. Not async-signal-safe.
pub(crate) fn exit(code: c_int) -> ! {
    if altstack::outlasts_exit() {
        std::process::exit(code);
    }
    // Rust's own would unmap the alternate stack of the main thread, which may be in our handler. What it would do beside
    // that is to flush the last, unfinished line of standard output. Our exit handler returns at once by now, and no other
    // thread is in `exit` because of us.
    exit_again(code)
}

/// Exits as Rust's `process::exit` does, with hooks. Not async-signal-safe.
pub(crate) fn exit_process(code: c_int) -> ! {
    std::process::exit(code)
}

/// Goes on with an `exit` of this thread that a hook has interrupted by another one: its status stays, and the exit handlers that
/// are left run. Not async-signal-safe.
pub(crate) fn exit_again(status: c_int) -> ! {
    // SAFETY: C libraries let an exit handler call it, and our own returns at once by now.
    unsafe { libc::exit(status) }
}

/// Has this thread's own handler called with the signal and the record that the kernel gave us, if a handler stood before ours:
/// policy then has it call that one, with a real context. Returns when it has.
pub(crate) fn deliver_here(signal: Signal, info: Option<&Info>) {
    if sigaction::is_handler(sigaction::previous(signal)) {
        // The mask is put back: this may be a thread of the program, which has exit handlers to run yet.
        sigaction::with_ours(signal, || _ = take(signal, info).set());
    }
}

/// Has a blocking call fail with `EINTR` in that thread, if it is still there and our handler stands:
/// sends it the signal, of which our handler takes no notice.
pub(crate) fn interrupt_call(signal: Signal, thread: i32) {
    if sigaction::is_ours(signal) {
        interrupt(thread, signal);
    }
}

/// Sends the signal to the calling thread, which takes it before this returns, unless it is ignored.
pub(crate) fn send_to_this_thread(signal: Signal) {
    take(signal, None);
}

/// As [`send_to_this_thread`], with the kernel's record if there is one. Returns the mask that the thread had.
fn take(signal: Signal, info: Option<&siginfo_t>) -> Mask {
    send_to_self(signal, info);
    mask::unblock(signal)
}

/// What the kernel raises for a write without a reader, beyond the limit of file size, or by a background process.
const BY_WRITES: SignalSet = SignalSet::EMPTY.with(Signal::PIPE).with(Signal::XFSZ).with(Signal::TTOU);

/// Writes to standard error. Where no process reads it, it is lost: nothing waits for a reader, unless the system refuses to tell (a
/// filter of system calls, `RLIMIT_NOFILE`), and no signal is raised.
pub(crate) fn write_stderr(text: &[u8]) {
    let mut stderr = libc::pollfd { fd: 2, events: libc::POLLOUT, revents: 0 };
    loop {
        // SAFETY: reads and writes one element. A pipe that is ready takes `PIPE_BUF` bytes, and a line is shorter.
        match unsafe { libc::poll(&raw mut stderr, 1, 0) } {
            0 => return,
            // SAFETY: the address is that of this thread's `errno`.
            -1 if unsafe { *(thread_token() as *const c_int) } == libc::EINTR => {}
            _ => break,
        }
    }
    mask::without(BY_WRITES, || {
        // SAFETY: reads `text`. The descriptor may be closed, or anything: that is an error, and no harm.
        unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
    });
}

/// Writes a line, all of it, unless there is an error: no lock is waited for, and no signal raised.
pub(crate) fn write_line(descriptor: c_int, line: &[u8]) {
    mask::without(BY_WRITES, || {
        let mut left = line;
        while !left.is_empty() {
            // SAFETY: reads `left`. The descriptor may be closed, or anything: that is an error, and no harm.
            let written = unsafe { libc::write(descriptor, left.as_ptr().cast(), left.len()) };
            match usize::try_from(written) {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(_) => match io::Error::last_os_error().kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        let mut ready = libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 };
                        // SAFETY: reads and writes one element.
                        unsafe { libc::poll(&raw mut ready, 1, -1) };
                    }
                    _ => return,
                },
            }
        }
    });
}

/// For a thread that must not return: another one ends the process.
pub(crate) fn park() -> ! {
    loop {
        // SAFETY: waits for a signal, and changes nothing.
        unsafe { libc::pause() };
    }
}
