//! Which process this is, by a number that no forked child shares.
//!
//! A process id does not tell a child from its parent. Process 1 of a container may make a namespace of its own, and fork a
//! child that is process 1 too. The kernel also gives an id out again when its process is gone, maybe to a grandchild.
//!
//! So the number is in a page that the kernel clears in every child (`MADV_WIPEONFORK`, `madvise(2)`, Linux 4.14). A child
//! that shares the parent's memory, by `vfork`, has another process id. Where the kernel does not clear the page, the process
//! id is the number.

use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use crate::sys::unix::pid::pid;

struct Page {
    /// Zero in a child.
    number: AtomicI32,
    pid: AtomicI32,
}

struct Token {
    /// Null before the first hook, and where the kernel does not clear it. Never unmapped.
    page: AtomicPtr<Page>,
    /// The last number that this process or one of its ancestors had.
    last: AtomicI32,
}

static TOKEN: Token = Token { page: AtomicPtr::new(ptr::null_mut()), last: AtomicI32::new(0) };

/// The number of this process; zero in a forked child that has none yet. A child that shares the parent's memory has the
/// parent's: see [`borrows_memory`]. This is async-signal-safe.
#[inline]
pub(crate) fn process_token() -> i32 {
    page().map_or_else(pid, |page| page.number.load(Ordering::Relaxed))
}

/// Whether this process shares its parent's memory until it calls `execve(2)`, and has no state of its own. This is
/// async-signal-safe.
#[inline]
pub(crate) fn borrows_memory() -> bool {
    page().is_some_and(|page| page.pid.load(Ordering::Relaxed) != pid())
}

/// Gives this process a number, if it has none.
pub(crate) fn name_process() -> i32 {
    // Tried once: a process does not change its number.
    if page().is_none() && TOKEN.last.load(Ordering::Relaxed) == 0 && !map() {
        TOKEN.last.store(1, Ordering::Relaxed);
    }
    if let Some(page) = page()
        && page.number.load(Ordering::Relaxed) == 0
    {
        page.pid.store(pid(), Ordering::Relaxed);
        let number = TOKEN.last.fetch_add(1, Ordering::Relaxed) + 1;
        // Of threads that come at once, one decides.
        let _ = page.number.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }
    process_token()
}

#[inline]
fn page() -> Option<&'static Page> {
    // SAFETY: null, or mapped for ever, and any bytes are valid.
    unsafe { TOKEN.page.load(Ordering::Acquire).as_ref() }
}

/// Maps the page. Whether there is one.
fn map() -> bool {
    const SIZE: usize = 4096; // The kernel rounds it up to its pages.
    // SAFETY: new memory, which nothing else uses.
    let memory = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        libc::mmap(ptr::null_mut(), SIZE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
    };
    if memory == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: the memory is ours.
    let cleared = unsafe { libc::madvise(memory, SIZE, libc::MADV_WIPEONFORK) } == 0;
    let unseen = ptr::null_mut();
    if !cleared || TOKEN.page.compare_exchange(unseen, memory.cast(), Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: the memory is ours, and no other thread has seen it.
        unsafe { libc::munmap(memory, SIZE) };
    }
    page().is_some()
}
