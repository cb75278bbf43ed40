//! The tour on Unix: how a child is prepared, what signals do, how the parent sees it end.

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::ptr;

use libc::c_int;
use terminate_std::Signal;

use crate::cases::End;

/// In case the tour is killed: the kernel ends the child then.
const ORPHAN_SECONDS: u32 = 30;

/// How a child ends by a signal.
pub(crate) const fn by(signal: Signal) -> End {
    End::Signal(signal)
}

/// How a panic ends a child that aborts.
pub(crate) const ABORTED: End = by(Signal::ABRT);
/// How `kill` ends a child.
pub(crate) const KILLED: End = by(Signal::KILL);

/// How it ended.
pub(crate) fn end(status: ExitStatus) -> End {
    // A status that was waited for is one or the other: see `waitpid(2)`.
    status.code().map_or_else(|| End::Signal(Signal::from_raw(status.signal().unwrap_or_default())), End::Code)
}

/// Sends the signal.
pub(crate) fn send(child: &Child, signal: Signal) -> io::Result<()> {
    // SAFETY: sends a signal.
    check(unsafe { libc::kill(child.id().cast_signed(), signal.as_raw()) })
}

/// Writes to standard output. This is async-signal-safe.
pub(crate) fn write(line: &[u8]) {
    // SAFETY: reads the line.
    unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) };
}

pub(crate) fn sleep_for_ever() -> ! {
    loop {
        // SAFETY: waits for a signal, and changes nothing.
        unsafe { libc::pause() };
    }
}

/// The number of threads of this process, if the system has a `/proc` that tells it as Linux does.
pub(crate) fn threads() -> Option<usize> {
    fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "openbsd", target_vendor = "apple"))] {
        pub(crate) const QUICK_EXIT: Option<extern "C" fn(c_int) -> !> = None;
    } else {
        unsafe extern "C" {
            safe fn quick_exit(status: c_int) -> !;
        }
        /// That of the C library, if it has one.
        pub(crate) const QUICK_EXIT: Option<extern "C" fn(c_int) -> !> = Some(quick_exit);
    }
}

/// Installs a handler for SIGTERM.
pub(crate) fn handle_term(handler: extern "C" fn(c_int)) -> io::Result<()> {
    // SAFETY: all zero is valid: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as usize;
    // SAFETY: the handler is of the kind that the flags say; the caller's is async-signal-safe.
    check(unsafe { libc::sigaction(libc::SIGTERM, &raw const action, ptr::null_mut()) })
}

/// Has the child begin with signals as in a shell's foreground.
pub(crate) fn prepare(command: &mut Command, ignores_hangup: bool) {
    // SAFETY: `reset` is async-signal-safe.
    unsafe { command.pre_exec(move || reset(ignores_hangup)) };
}

/// What a shell resets for its jobs.
const RESET: [Signal; 8] =
    [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP, Signal::USR1, Signal::ABRT, Signal::SEGV, Signal::ALRM];

/// Runs in the child before it becomes the program: signals as in a shell's foreground, and no core files. The tour itself
/// may have been started by `nohup`, or in the background.
fn reset(ignores_hangup: bool) -> io::Result<()> {
    for signal in RESET {
        let action = if ignores_hangup && signal == Signal::HUP { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: installs no handler.
        if unsafe { libc::signal(signal.as_raw(), action) } == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    let mut nothing = MaybeUninit::uninit();
    // SAFETY: initialises `nothing`.
    check(unsafe { libc::sigemptyset(nothing.as_mut_ptr()) })?;
    // SAFETY: `nothing` is initialised; the old mask is not asked for.
    check(unsafe { libc::sigprocmask(libc::SIG_SETMASK, nothing.as_ptr(), ptr::null_mut()) })?;
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: reads `none`.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) })?;
    // SAFETY: sets a timer, which outlasts the `exec`.
    unsafe { libc::alarm(ORPHAN_SECONDS) };
    Ok(())
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
