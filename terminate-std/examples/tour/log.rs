//! The child's side of its two pipes: what it writes for the parent to judge, and what it waits for.
//!
//! Standard output is the log. Each line is one system call, from an ordinary hook, a signal handler, or the program.

use std::io;

use terminate_std::{Cause, Hook, Signal};

use crate::os;

/// A line of this kind says that a hook runs: then follow its name, and the cause.
pub(crate) const HOOK: &str = "hook ";

/// Writes a line. This is async-signal-safe.
pub(crate) fn say(what: &str) {
    line(&[what]);
}

/// An ordinary hook that says that it runs.
pub(crate) fn hook(name: &'static str) -> Hook {
    Hook::new(move |cause| ran(name, cause)).name(name)
}

/// A hook that may run in a signal handler, and says that it runs.
pub(crate) fn handler_safe(name: &'static str) -> Hook {
    // SAFETY: `ran` is async-signal-safe, and what is captured owns no memory.
    unsafe { Hook::handler_safe(move |cause| ran(name, cause)) }.name(name)
}

/// Says that a hook runs. This is async-signal-safe.
pub(crate) fn ran(name: &str, cause: Cause) {
    line(&[HOOK, name, " ", word(cause)]);
}

/// Says that the parent may go on, and leaves the rest to the signal that it sends.
pub(crate) fn wait_for_signal() -> ! {
    say("ready");
    os::sleep_for_ever()
}

/// Waits for a line from the parent.
pub(crate) fn wait_for_parent() {
    // At an end without a line the parent is gone, and nobody judges.
    let _ = io::stdin().read_line(&mut String::new());
}

/// Formatting is not async-signal-safe, so these are the causes that occur here.
fn word(cause: Cause) -> &'static str {
    match (cause, cause.signal()) {
        (Cause::Exit, _) => "exit",
        (Cause::Panic, _) => "panic",
        (_, Some(Signal::INT)) => "SIGINT",
        (_, Some(Signal::TERM)) => "SIGTERM",
        (_, Some(Signal::HUP)) => "SIGHUP",
        (_, Some(Signal::USR1)) => "SIGUSR1",
        (_, Some(Signal::ABRT)) => "SIGABRT",
        (_, Some(Signal::SEGV)) => "SIGSEGV",
        #[cfg(windows)]
        (_, Some(Signal::BREAK)) => "SIGBREAK",
        #[cfg(windows)]
        (_, Some(Signal::LOGOFF)) => "CTRL_LOGOFF_EVENT",
        #[cfg(windows)]
        (_, Some(Signal::SHUTDOWN)) => "CTRL_SHUTDOWN_EVENT",
        _ => "something else",
    }
}

/// Writes the parts as one line, all at once, so that the lines of two threads do not mix.
fn line(parts: &[&str]) {
    let mut buffer = [b'\n'; 80];
    let text = parts.iter().flat_map(|part| part.bytes());
    // The last byte of the buffer stays what it is.
    let end = buffer.len() - 1;
    let length = buffer[..end].iter_mut().zip(text).map(|(to, from)| *to = from).count();
    // A line that no process reads is lost.
    os::write(&buffer[..=length]);
}
