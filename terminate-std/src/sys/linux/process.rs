//! Which process this is, by a number that no forked child shares.
//!
//! A process id does not tell a child from its parent. Process 1 of a container that makes a namespace of its own forks a
//! child that is process 1 too; and an id is given out again when its process is gone, maybe to a grandchild. So the number
//! is kept in a page that the kernel clears in every child (`MADV_WIPEONFORK`, `madvise(2)`, Linux 4.14). A child that
//! shares the parent's memory, by `vfork`, is told by its process id. Where the kernel does not clear the page, the process
//! id is the number.

use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use super::thread::pid;

struct Page {
    /// Zero in a child.
    number: AtomicI32,
    pid: AtomicI32,
}

/// Null before the first hook, and where the kernel does not clear it. Never unmapped.
static PAGE: AtomicPtr<Page> = AtomicPtr::new(ptr::null_mut());
/// The last number that this process or one that it comes from has had.
static LAST: AtomicI32 = AtomicI32::new(0);

/// See [`super::needs`].
pub(super) const fn needed() -> *const () {
    (&raw const PAGE).cast()
}

/// The number of this process; zero in a forked child that has none yet. A child that shares the parent's memory has the
/// parent's: see [`borrows_memory`]. This is async-signal-safe.
#[inline]
pub(crate) fn process() -> i32 {
    page().map_or_else(pid, |page| page.number.load(Ordering::Relaxed))
}

/// Whether this process is one that shares its parent's memory until it calls `execve(2)`, and has no state of its own. Faster
/// where the calling thread knows its number. This is async-signal-safe.
#[inline]
pub(crate) fn borrows_memory(tid: Option<i32>) -> bool {
    page().is_some_and(|page| {
        let known = page.pid.load(Ordering::Relaxed);
        // The first thread has the number of its process: that saves a system call.
        tid != Some(known) && known != pid()
    })
}

/// Gives this process a number, if it has none.
pub(crate) fn name_process() -> i32 {
    // Tried once: a process does not change its number.
    if page().is_none() && LAST.load(Ordering::Relaxed) == 0 && !map() {
        LAST.store(1, Ordering::Relaxed);
    }
    if let Some(page) = page()
        && page.number.load(Ordering::Relaxed) == 0
    {
        page.pid.store(pid(), Ordering::Relaxed);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        // Of threads that come at once, one decides.
        let _ = page.number.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }
    process()
}

#[inline]
fn page() -> Option<&'static Page> {
    // SAFETY: null, or mapped for ever, and any bytes are valid.
    unsafe { PAGE.load(Ordering::Acquire).as_ref() }
}

/// Maps the page. Whether there is one.
fn map() -> bool {
    const SIZE: usize = 4096; // The kernel rounds it up to its pages.
    // SAFETY: new memory, of which nobody knows.
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
    if !cleared || PAGE.compare_exchange(unseen, memory.cast(), Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: the memory is ours, and seen by nobody.
        unsafe { libc::munmap(memory, SIZE) };
    }
    page().is_some()
}
