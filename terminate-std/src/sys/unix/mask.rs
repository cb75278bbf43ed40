//! Signal masks.
//!
//! All of this is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, c_void, sigset_t};

use crate::types::signal::Signal;

/// On Linux, where each signal is a bit, as `sigemptyset(3)` has it.
fn empty() -> sigset_t {
    // SAFETY: nothing but numbers.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// Every signal but the faults: a blocked fault ends the process without its handler.
pub(super) fn all_but_faults() -> sigset_t {
    let mut set = empty();
    // SAFETY: `set` is initialised.
    unsafe { libc::sigfillset(&raw mut set) };
    for signal in Signal::FAULTS {
        // SAFETY: `set` is initialised.
        unsafe { libc::sigdelset(&raw mut set, signal.as_raw()) };
    }
    set
}

/// The set with `signal` in it too.
pub(super) fn with(mut set: sigset_t, signal: Signal) -> sigset_t {
    // SAFETY: `set` is initialised.
    unsafe { libc::sigaddset(&raw mut set, signal.as_raw()) };
    set
}

/// What is in either.
pub(super) fn union(mut one: sigset_t, other: &sigset_t) -> sigset_t {
    for number in 1..=64 {
        // SAFETY: `other` is initialised.
        if unsafe { libc::sigismember(other, number) } == 1 {
            one = with(one, Signal::from_raw(number));
        }
    }
    one
}

/// The mask of the code that a handler interrupted.
///
/// # Safety
///
/// `context` is what the kernel gave the handler, which has not returned.
pub(super) unsafe fn interrupted(context: *mut c_void) -> sigset_t {
    // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t` (`sigaction(2)`). The field is read by address, since only its first
    // eight bytes are the kernel's; those are all signals.
    let mask = unsafe { &raw const (*context.cast::<libc::ucontext_t>()).uc_sigmask };
    let mut set = empty();
    // SAFETY: both have at least eight bytes.
    unsafe { ptr::copy_nonoverlapping(mask.cast::<u64>(), (&raw mut set).cast::<u64>(), 1) };
    set
}

/// Sets this thread's mask, and returns what it was.
#[inline(never)]
pub(super) fn exchange(mask: &sigset_t) -> sigset_t {
    change(libc::SIG_SETMASK, Some(mask))
}

/// This thread's mask.
pub(super) fn current() -> sigset_t {
    change(libc::SIG_BLOCK, None)
}

pub(super) fn block(signal: Signal) {
    change(libc::SIG_BLOCK, Some(&with(empty(), signal)));
}

pub(super) fn unblock(signal: Signal) {
    change(libc::SIG_UNBLOCK, Some(&with(empty(), signal)));
}

fn change(how: c_int, mask: Option<&sigset_t>) -> sigset_t {
    let mut old = empty();
    // SAFETY: `mask` is null or initialised; writes to `old`. It fails only for a wrong `how`.
    unsafe { libc::pthread_sigmask(how, mask.map_or(ptr::null(), ptr::from_ref), &raw mut old) };
    old
}
