//! The few calls to the C library that std has no safe name for, for the fixture and for the tests.
//!
//! All of those without an owned argument or result are async-signal-safe.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use libc::{c_int, c_void, siginfo_t};
use terminate_std::Signal;

#[cfg(not(target_os = "linux"))]
pub use crate::elsewhere::*;
use crate::kernel;
#[cfg(target_os = "linux")]
pub use crate::linux::*;
pub use crate::threads::*;

/// Writes all of it, as far as the descriptor takes it.
pub fn write(fd: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: reads `bytes`.
        let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) => bytes = &bytes[n..],
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Reads one byte with one `read(2)`: `None` at the end.
///
/// # Errors
///
/// As `read(2)` has it, `EINTR` too.
pub fn read_byte(fd: c_int) -> io::Result<Option<u8>> {
    let mut byte = 0_u8;
    // SAFETY: writes one byte at most.
    match unsafe { libc::read(fd, (&raw mut byte).cast(), 1) } {
        0 => Ok(None),
        1 => Ok(Some(byte)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sends a signal to a process.
pub fn kill(pid: i32, signal: Signal) {
    // SAFETY: touches no memory.
    unsafe { libc::kill(pid, signal.as_raw()) };
}

/// This process.
#[must_use]
pub fn pid() -> i32 {
    // SAFETY: cannot fail.
    unsafe { libc::getpid() }
}

/// The parent.
#[must_use]
pub fn ppid() -> i32 {
    // SAFETY: cannot fail.
    unsafe { libc::getppid() }
}

/// Waits for a signal.
pub fn pause() {
    // SAFETY: touches no memory.
    unsafe { libc::pause() };
}

/// libc's `exit`, around Rust's own.
pub fn exit(code: i32) -> ! {
    // SAFETY: the fixture has no destructors that object.
    unsafe { libc::exit(code) }
}

/// libc's `quick_exit`, which not every C library has.
pub fn quick_exit(code: i32) -> ! {
    cfg_if::cfg_if! {
        if #[cfg(any(target_os = "openbsd", target_vendor = "apple"))] {
            panic!("there is no quick_exit({code})");
        } else {
            unsafe extern "C" {
                fn quick_exit(code: c_int) -> !;
            }
            // SAFETY: as for `exit`.
            unsafe { quick_exit(code) }
        }
    }
}

/// Ends the process, and runs nothing.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: does not return.
    unsafe { libc::_exit(code) }
}

/// libc's `atexit`.
pub fn atexit(function: extern "C" fn()) {
    // SAFETY: the function stays.
    assert_eq!(unsafe { libc::atexit(function) }, 0);
}

/// A forked child, in which `in_child` runs and then the process ends; its pid, in the parent.
#[must_use]
pub fn fork(in_child: impl FnOnce()) -> i32 {
    // SAFETY: what the children of these tests do, beyond async-signal-safe calls, is allocate, and glibc sees to that.
    match unsafe { libc::fork() } {
        0 => {
            // Nobody kills it if the test fails.
            // SAFETY: touches no memory.
            unsafe { libc::alarm(60) };
            in_child();
            exit_now(97)
        }
        pid => {
            // It is the child's: here, not even its captures are dropped.
            std::mem::forget(in_child);
            assert!(pid > 0, "fork: {}", io::Error::last_os_error());
            pid
        }
    }
}

/// Forks, and returns in both: in the parent when the child has ended, and with how it did.
#[must_use]
pub fn fork_and_return() -> Option<ExitStatus> {
    // SAFETY: as for `fork`.
    match unsafe { libc::fork() } {
        0 => {
            end_after(30);
            None
        }
        pid => Some(wait_for(pid)),
    }
}

/// Waits for the end of a child.
#[must_use]
pub fn wait_for(pid: i32) -> ExitStatus {
    let mut status = 0;
    loop {
        // SAFETY: writes to `status`.
        if unsafe { libc::waitpid(pid, &raw mut status, 0) } == pid {
            return ExitStatus::from_raw(status);
        }
        assert_eq!(io::Error::last_os_error().kind(), io::ErrorKind::Interrupted);
    }
}

/// Waits until a child has stopped.
pub fn wait_for_stop(pid: i32) {
    let mut status = 0;
    kernel::until("the child stops", || {
        // SAFETY: writes to `status`.
        unsafe { libc::waitpid(pid, &raw mut status, libc::WUNTRACED | libc::WNOHANG) == pid }
    });
    assert!(libc::WIFSTOPPED(status), "not stopped, but {status:#x}");
}

/// What a signal does now.
#[must_use]
pub fn action(signal: Signal) -> libc::sigaction {
    let mut action = MaybeUninit::zeroed();
    // SAFETY: changes nothing, and writes to `action`, which is valid as it is too.
    unsafe {
        libc::sigaction(signal.as_raw(), std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    }
}

/// Sets what a signal does.
///
/// # Errors
///
/// As `sigaction(2)` has it.
fn set_action(signal: c_int, handler: usize, flags: c_int) -> io::Result<()> {
    // SAFETY: all zero is valid.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the callers give `SIG_DFL`, `SIG_IGN` or a function of the kind that the flags say.
    if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } == 0 {
        return Ok(());
    }
    Err(io::Error::last_os_error())
}

/// Has the signal ignored.
pub fn ignore(signal: Signal) {
    set_action(signal.as_raw(), libc::SIG_IGN, 0).expect("this signal can be ignored");
}

/// A handler that gets all that the kernel has.
pub type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// Has the signal handled, with `SA_SIGINFO`.
pub fn handle(signal: Signal, handler: Handler) {
    set_action(signal.as_raw(), handler as usize, libc::SA_SIGINFO).expect("this signal can be handled");
}

/// Has the signal handled, without `SA_SIGINFO`.
pub fn handle_plainly(signal: Signal, handler: extern "C" fn(c_int)) {
    set_action(signal.as_raw(), handler as usize, 0).expect("this signal can be handled");
}

/// Has the signal handled, with these flags and without `SA_SIGINFO`.
pub fn handle_with(signal: Signal, handler: extern "C" fn(c_int), flags: c_int) {
    set_action(signal.as_raw(), handler as usize, flags).expect("this signal can be handled");
}

/// Every signal does what it does by default, and none is blocked. The standard ones at least: the C library keeps two.
pub fn clean_signals() {
    for number in 1..=64 {
        let _ = set_action(number, libc::SIG_DFL, 0);
    }
    set_mask(&[]);
}

/// Blocks these signals in this thread, and no other.
pub fn set_mask(signals: &[Signal]) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: initialises `set`, then reads and changes it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.as_raw());
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// What can be limited.
#[cfg(target_env = "gnu")]
pub type Resource = libc::__rlimit_resource_t;
/// What can be limited.
#[cfg(not(target_env = "gnu"))]
pub type Resource = c_int;

/// Sets a soft and a hard limit.
pub fn limit(resource: Resource, to: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: to, rlim_max: to };
    // SAFETY: reads `limit`.
    unsafe { libc::setrlimit(resource, &raw const limit) };
}

/// A pipe: the end to read from, and the one to write to.
#[must_use]
pub fn pipe() -> (c_int, c_int) {
    let mut ends = [0; 2];
    // SAFETY: writes two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    (ends[0], ends[1])
}

/// Closes a descriptor.
pub fn close(fd: c_int) {
    // SAFETY: the callers own it, or mean to break something.
    unsafe { libc::close(fd) };
}

/// Makes `fd` what `from` is.
pub fn dup2(from: c_int, fd: c_int) {
    // SAFETY: touches no memory.
    assert_eq!(unsafe { libc::dup2(from, fd) }, fd);
}
