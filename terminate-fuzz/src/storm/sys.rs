//! The system calls of a round that std has no name for.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;
use std::time::Duration;

use libc::c_int;

use super::Signal;
use super::log::now;

/// Has the calling process become the parent of what its children leave behind, so that it can be waited for.
pub(super) fn adopt_orphans() {
    // SAFETY: sets a flag of this process (`PR_SET_CHILD_SUBREAPER(2const)`).
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// Has this thread's waiting end when it is over, and not 50 microseconds later.
pub(super) fn wait_exactly() {
    // SAFETY: sets a number of this thread (`PR_SET_TIMERSLACK(2const)`).
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) };
}

/// Called in the child before it becomes the target: signals as in a shell's foreground, a group of its own, and a core only
/// if that is allowed.
///
/// All of this is async-signal-safe.
pub(super) fn prepare(cores: bool) -> io::Result<()> {
    for number in 1..=64 {
        // Two of them are the C library's, and two cannot be changed.
        // SAFETY: installs no handler.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    let mut nothing = MaybeUninit::uninit();
    let most = if cores { libc::RLIM_INFINITY } else { 0 };
    let core = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: initialises `nothing`, and reads it and the limit.
    unsafe {
        libc::sigemptyset(nothing.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, nothing.as_ptr(), ptr::null_mut());
        libc::setrlimit(libc::RLIMIT_CORE, &raw const core);
        // In case nobody is there any more to end it.
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
    }
    // SAFETY: touches no memory.
    check(unsafe { libc::setpgid(0, 0) })
}

/// A child that was not waited for: its number cannot be another process's.
pub(super) struct Process {
    pub(super) pid: c_int,
    fd: OwnedFd,
}

impl Process {
    pub(super) fn new(pid: c_int) -> io::Result<Self> {
        // SAFETY: touches no memory; the descriptor is a new one.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let fd = c_int::try_from(fd).ok().filter(|fd| *fd >= 0).ok_or_else(io::Error::last_os_error)?;
        // SAFETY: just opened, and nobody else's.
        Ok(Self { pid, fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Waits for its end until that time, on the monotonic clock. Whether it has ended.
    pub(super) fn ends_before(&self, deadline: u64) -> bool {
        loop {
            let left = Duration::from_nanos(deadline.saturating_sub(now()));
            let limit = libc::timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i32::MAX.into()),
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut poll = libc::pollfd { fd: self.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: one `pollfd`; the limit is alive.
            match unsafe { libc::ppoll(&raw mut poll, 1, &raw const limit, ptr::null()) } {
                1 => return true,
                0 => return false,
                _ => {}
            }
        }
    }

    pub(super) fn kill(&self, signal: c_int) -> bool {
        // SAFETY: touches no memory.
        unsafe { libc::kill(self.pid, signal) == 0 }
    }

    pub(super) fn kill_group(&self, signal: c_int) -> bool {
        // SAFETY: touches no memory.
        unsafe { libc::kill(-self.pid, signal) == 0 }
    }

    pub(super) fn kill_thread(&self, tid: c_int, signal: Signal) -> bool {
        // SAFETY: touches no memory.
        unsafe { libc::syscall(libc::SYS_tgkill, self.pid, tid, signal.number()) == 0 }
    }

    pub(super) fn queue(&self, signal: Signal, value: u32) -> bool {
        let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value as usize) };
        // SAFETY: the value is handed on as it is.
        unsafe { libc::sigqueue(self.pid, signal.number(), value) == 0 }
    }

    /// Reaps one that has ended of its group: how.
    pub(super) fn reap_one_of_group(&self) -> Option<ExitStatus> {
        let mut status = 0;
        // SAFETY: writes to `status`.
        let reaped = unsafe { libc::waitpid(-self.pid, &raw mut status, libc::WNOHANG) };
        (reaped > 0).then(|| ExitStatus::from_raw(status))
    }
}

fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
