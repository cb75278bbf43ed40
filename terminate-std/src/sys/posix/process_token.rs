//! Which process this is, by a number that a forked child does not share: `pthread_atfork` clears it in the child.
//!
//! A child that a raw system call makes (`_Fork`, `clone`) keeps its parent's number, and acts as its parent would.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use libc::c_void;

use super::wait::{WAITERS, Waiters};

struct Token {
    /// Zero in a child.
    number: AtomicI32,
    pid: AtomicI32,
    /// The last number that this process or one of its ancestors had.
    last: AtomicI32,
    is_cleared_in_children: AtomicBool,
    stack: AtomicPtr<c_void>,
}

static TOKEN: Token = Token {
    number: AtomicI32::new(0),
    pid: AtomicI32::new(0),
    last: AtomicI32::new(0),
    is_cleared_in_children: AtomicBool::new(false),
    stack: AtomicPtr::new(ptr::null_mut()),
};

const GUARD: usize = 64 * 1024; // The largest page there is, so that the guard is one.
pub(crate) const STACK: usize = if libc::SIGSTKSZ > 64 * 1024 { libc::SIGSTKSZ } else { 64 * 1024 };

/// The number of this process; zero in a forked child that has none yet. A child that shares the parent's memory has the
/// parent's: see [`borrows_memory`]. This is async-signal-safe.
#[inline]
pub(crate) fn process_token() -> i32 {
    TOKEN.number.load(Ordering::Relaxed)
}

/// The process id. It asks the kernel each time, so that a forked child gets its own.
#[inline(never)]
pub(crate) fn pid() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::getpid() }
}

/// Whether this process shares its parent's memory until it calls `execve(2)`, and has no state of its own. This is
/// async-signal-safe.
#[inline]
pub(crate) fn borrows_memory() -> bool {
    let pid = pid();
    // A filter of system calls can make it -1.
    pid != -1 && process_token() != 0 && TOKEN.pid.load(Ordering::Relaxed) != pid
}

extern "C" fn in_child() {
    TOKEN.number.store(0, Ordering::Relaxed);
    WAITERS.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Gives this process a number, if it has none.
pub(crate) fn name_process() -> i32 {
    if process_token() == 0 {
        if !TOKEN.is_cleared_in_children.swap(true, Ordering::Relaxed) {
            // Without memory for it, a forked child acts as its parent would.
            // SAFETY: the function may be called in any child, on its only thread.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        }
        // Without a table, threads that wait look every now and then.
        let waiters = Waiters::new().map_or(ptr::null_mut(), Box::into_raw);
        // Of threads that come at once, one decides; the others leave theirs behind.
        let _ = WAITERS.compare_exchange(ptr::null_mut(), waiters, Ordering::AcqRel, Ordering::Relaxed);
        TOKEN.pid.store(pid(), Ordering::Relaxed);
        let number = TOKEN.last.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = TOKEN.number.compare_exchange(0, number, Ordering::Release, Ordering::Relaxed);
    }
    process_token()
}

/// The lower end of a stack of [`STACK`] bytes, above a guard; null if there is none.
pub(crate) fn spare_stack() -> *mut c_void {
    let (there, flags) =
        (TOKEN.stack.load(Ordering::Relaxed), libc::MAP_PRIVATE | libc::MAP_ANON | super::system::MAP_STACK);
    if !there.is_null() {
        return there;
    }
    // SAFETY: new memory, which nothing else uses.
    let memory =
        unsafe { libc::mmap(ptr::null_mut(), GUARD + STACK, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if memory == libc::MAP_FAILED {
        return ptr::null_mut();
    }
    // SAFETY: within the new memory.
    unsafe { libc::mprotect(memory, GUARD, libc::PROT_NONE) };
    let stack = memory.wrapping_byte_add(GUARD);
    TOKEN.stack.store(stack, Ordering::Relaxed);
    stack
}
