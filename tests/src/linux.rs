//! What only Linux has, or has in a way of its own. `os` offers it there with the rest.

use std::mem::MaybeUninit;

use libc::{c_int, c_long, c_void, siginfo_t};
use terminate_std::Signal;

use crate::os::{exit_now, fork, pipe, read_byte, wait_for, write};
use crate::{Child, os};

/// Has the kernel kill this process if it is still there after so many seconds. No other signal would do: a handler may have
/// them blocked.
pub(crate) fn end_after(seconds: u32) {
    // SAFETY: all zero is a valid `sigevent`.
    let mut kill: libc::sigevent = unsafe { MaybeUninit::zeroed().assume_init() };
    (kill.sigev_notify, kill.sigev_signo) = (libc::SIGEV_SIGNAL, libc::SIGKILL);
    let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let once = libc::itimerspec { it_interval: zero, it_value: libc::timespec { tv_sec: seconds.into(), ..zero } };
    let mut timer = std::ptr::null_mut();
    // SAFETY: all of it is alive during the calls.
    let set = unsafe {
        libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut kill, &raw mut timer) == 0
            && libc::timer_settime(timer, 0, &raw const once, std::ptr::null_mut()) == 0
    };
    assert!(set, "no timer");
}

/// Sends a signal with a value to a process.
pub fn sigqueue(pid: i32, signal: Signal, value: usize) {
    let value = libc::sigval { sival_ptr: value as *mut c_void };
    // SAFETY: sends a number with a signal.
    unsafe { libc::sigqueue(pid, signal.as_raw(), value) };
}

/// The value that came with a signal, or zero.
#[must_use]
pub fn value_of(info: &siginfo_t) -> usize {
    // SAFETY: signals with that code have one.
    if info.si_code == libc::SI_QUEUE { unsafe { info.si_value() }.sival_ptr as usize } else { 0 }
}

impl Child {
    /// Sends it a signal with a value.
    pub fn queue(&self, signal: Signal, value: usize) {
        os::sigqueue(self.pid(), signal, value);
    }
}

/// A process that was forked twice, in a session of its own, as daemons are: its pid. Its end comes to this process, which
/// takes its orphans from now on.
#[must_use]
pub fn daemon(in_daemon: impl FnOnce()) -> i32 {
    // SAFETY: touches no memory.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    let (read, write_end) = pipe();
    let middle = fork(|| {
        // SAFETY: touches no memory.
        unsafe { libc::setsid() };
        let daemon = fork(in_daemon);
        write(write_end, &daemon.to_ne_bytes());
        exit_now(0);
    });
    let _ = wait_for(middle);
    let mut pid = [0; 4];
    pid.fill_with(|| read_byte(read).ok().flatten().expect("four bytes"));
    i32::from_ne_bytes(pid)
}

/// Keeps this thread, and those that it starts, on the processor that it is on.
pub fn stay_on_one_processor() {
    let mut set = MaybeUninit::zeroed();
    // SAFETY: all zero is an empty set; `set` is alive during the call.
    unsafe {
        let this = usize::try_from(libc::sched_getcpu()).expect("there is one");
        libc::CPU_SET(this, set.assume_init_mut());
        assert_eq!(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), set.as_ptr()), 0);
    }
}

/// This thread runs only while no other thread wants its processor.
pub fn run_when_idle() {
    assert_eq!(schedule(libc::SCHED_IDLE), 0);
}

/// This thread has its share of the processor again, if the machine lets it: the end waits one second for a fault to recur.
pub fn run_as_others_do() {
    schedule(libc::SCHED_OTHER);
}

/// Has this thread scheduled by that policy.
fn schedule(policy: c_int) -> c_long {
    let least = MaybeUninit::<libc::sched_param>::zeroed();
    // SAFETY: reads `least`, whose priority is zero. (musl has the function, and refuses to call this.)
    unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, policy, least.as_ptr()) }
}

/// Closes every descriptor from there on, as a daemon does.
pub fn close_from(first: c_int) {
    // SAFETY: the callers mean to break what relies on one.
    assert_eq!(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }, 0);
}

/// Has all threads share one arena of the allocator, as they do anyway but with glibc. There is one thread yet.
pub fn allocate_in_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1)
    };
}
