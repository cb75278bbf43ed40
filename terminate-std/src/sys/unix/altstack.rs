//! The main thread's alternate stack.
//!
//! Rust's runtime gives the main thread a stack of 8 KiB for handlers. `process::exit` on another thread frees it, but the
//! kernel still uses it. The next signal that hits main with `SA_ONSTACK` then ends the process by SIGSEGV
//! (rust-lang/rust#161018). So main gets a larger stack that is never freed, at the first registration on that thread. If
//! main registers nothing, an exit on another thread makes our handler use the stack of the thread that it interrupts.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::sigaction;
use crate::sys::{STACK, is_main_thread, least_alternate_stack, spare_stack};

static OURS: AtomicBool = AtomicBool::new(false);

/// Gives the main thread, if this is it, a stack that stays. If that fails, it keeps what it has.
pub(crate) fn keep_alternate_stack() {
    if OURS.load(Ordering::Relaxed) || !is_main_thread() || !is_the_runtimes() {
        return;
    }
    let stack = libc::stack_t { ss_sp: spare_stack(), ss_flags: 0, ss_size: STACK };
    // SAFETY: the memory is never freed, and nothing else uses it; null for the old stack is allowed.
    if !stack.ss_sp.is_null() && unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } == 0 {
        OURS.store(true, Ordering::Relaxed);
    }
}

/// Whether the alternate stack is of the size that Rust's runtime takes. Other languages manage theirs: not ours to touch.
fn is_the_runtimes() -> bool {
    let mut stack = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: changes nothing, and writes to `stack`.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    stack.ss_flags == 0 && stack.ss_size == libc::SIGSTKSZ.max(least_alternate_stack())
}

/// A thread is in `exit`, and main's alternate stack may be gone.
pub(crate) fn mistrust_alternate_stack() {
    if !OURS.load(Ordering::Relaxed) && !is_main_thread() {
        sigaction::leave_alternate_stacks();
    }
}

/// Whether the main thread's alternate stack outlasts `process::exit` on another thread.
pub(super) fn outlasts_exit() -> bool {
    OURS.load(Ordering::Relaxed)
}
