//! What Linux adds to POSIX about signals: records that a process sends to itself, and the numbers of the kernel.
//!
//! All of this is async-signal-safe.

use std::ptr;

use libc::{c_int, c_void, siginfo_t, sigset_t};

use super::futex::thread_id;
use super::process_token::pid;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// What a process ignores by default (`signal(7)`).
pub(crate) const IGNORED: SignalSet =
    SignalSet::EMPTY.with(Signal::CHLD).with(Signal::CONT).with(Signal::URG).with(Signal::WINCH);

/// The codes of signals that `kill(2)`, `sigqueue(3)` and `tgkill(2)` send.
pub(crate) const SI_USER: c_int = libc::SI_USER;
pub(crate) const SI_QUEUE: c_int = libc::SI_QUEUE;
pub(crate) const SI_THREAD: c_int = libc::SI_TKILL;

/// Whether `abort` unblocks its signal. musl's ends the process without a handler instead.
pub(crate) const ABORT_UNBLOCKS: bool = cfg!(target_env = "gnu");

/// So many bytes of a `sigset_t` are the kernel's. Android's of 32 bits has less.
pub(crate) const MASK_BYTES: usize = if size_of::<sigset_t>() < 8 { size_of::<sigset_t>() } else { 8 };

/// Whether a signal with that code was sent, as opposed to a fault.
pub(crate) const fn is_sent(code: c_int) -> bool {
    code <= 0
}

/// Whether this process sent the signal to one thread, as `abort` and `raise` do. A signal for which the kernel has no record left
/// (`RLIMIT_SIGPENDING`) may be one: it has no sender. Neither has one from outside of our process namespace.
pub(crate) fn is_raised(info: &siginfo_t, this_process: i32) -> bool {
    // SAFETY: these codes have the field.
    let sender = || unsafe { info.si_pid() };
    match info.si_code {
        SI_THREAD => sender() == this_process,
        SI_USER => sender() == 0 && !has_records(),
        _ => false,
    }
}

/// Whether the kernel has a record left for a signal: a timer takes one (`timer_create(2)`).
fn has_records() -> bool {
    let mut timer: c_int = 0;
    // The C library's own function is not async-signal-safe.
    // SAFETY: without a timer's event, the kernel only writes the timer's number.
    let made = unsafe {
        libc::syscall(libc::SYS_timer_create, libc::CLOCK_MONOTONIC, ptr::null::<c_void>(), ptr::from_mut(&mut timer))
    };
    // SAFETY: the timer is ours.
    made == 0 && unsafe { libc::syscall(libc::SYS_timer_delete, timer) } == 0
}

/// The mask of the code that a handler interrupted.
///
/// # Safety
///
/// `context` is what the kernel gave the handler, which has not returned.
pub(crate) unsafe fn interrupted_mask(context: *mut c_void) -> *const sigset_t {
    let context = context.cast::<libc::ucontext_t>();
    cfg_if::cfg_if! {
        if #[cfg(all(target_os = "android", target_arch = "arm"))] {
            // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t` (`sigaction(2)`). The mask begins where its union does.
            unsafe { (&raw const (*context).uc_sigmask__c_anonymous_union).cast() }
        } else {
            // SAFETY: as above.
            unsafe { (&raw const (*context).uc_sigmask).cast() }
        }
    }
}

/// Has `quick_exit` call the function. Zero if the C library has room.
pub(crate) fn put_on_quick_exit(function: extern "C" fn()) -> c_int {
    unsafe extern "C" {
        fn at_quick_exit(function: extern "C" fn()) -> c_int;
    }
    // SAFETY: the function may be called at any time, and stays; were this library unloaded, glibc would call it first.
    unsafe { at_quick_exit(function) }
}

/// The least size of an alternate stack, as the kernel says.
pub(crate) fn least_alternate_stack() -> usize {
    // SAFETY: reads a constant of the process.
    usize::try_from(unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) }).unwrap_or(0)
}

/// Takes one signal of the set that is pending, if there is one.
pub(crate) fn take_pending(set: &sigset_t) -> bool {
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: reads the set and the time.
    unsafe { libc::sigtimedwait(set, ptr::null_mut(), &raw const at_once) > 0 }
}

/// Sends the signal to the calling thread, with the kernel's record of it if there is one.
pub(crate) fn send_to_self(signal: Signal, info: Option<&siginfo_t>) {
    let (pid, tid, number) = (pid(), thread_id(), signal.as_raw());
    if let Some(info) = info {
        // The C library has no wrapper. To itself, a process may send any record (`rt_sigqueueinfo(2)`).
        // SAFETY: reads `info`.
        let sent = unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, tid, number, ptr::from_ref(info)) };
        if sent == 0 {
            return;
        }
    }
    // SAFETY: sends a signal, to this thread.
    let is_sent = unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, number) } == 0;
    // A filter of system calls can make `pid` -1, which would mean every process.
    if !is_sent && pid > 0 {
        // No room in the queue (`RLIMIT_SIGPENDING`): a real-time signal then goes to the process, or is lost.
        // SAFETY: sends a signal, to this process.
        unsafe { libc::kill(pid, number) };
    }
}

/// Has a blocking call fail with `EINTR` in the thread that the signal hit, if it is still there: sends it the signal.
pub(crate) fn interrupt(thread: c_int, signal: Signal) {
    // SAFETY: sends a signal, to a thread of this process.
    unsafe { libc::syscall(libc::SYS_tgkill, pid(), thread, signal.as_raw()) };
}
