//! Which process this is, by a number that no forked child shares.
//!
//! A process id does not tell a child from its parent. Process 1 of a container may make a namespace of its own, and fork a
//! child that is process 1 too. The kernel also gives an id out again when its process is gone, maybe to a grandchild.
//!
//! So the number is in a page that the kernel clears in every child (`MADV_WIPEONFORK`, `madvise(2)`, Linux 4.14). A child
//! that shares the parent's memory, by `vfork`, has another process id. Where the kernel does not clear the page, the process
//! id is the number.
//!
//! A mapping of its own for one page costs as much as a large one. So the alternate stack of the main thread is in it too.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use libc::c_void;

struct Page {
    /// Zero in a child.
    number: AtomicI32,
    pid: AtomicI32,
    /// Whether the kernel does not clear the page.
    is_kept: AtomicBool,
}

struct Token {
    /// Null before the first hook. Never unmapped.
    page: AtomicPtr<Page>,
    /// The last number that this process or one of its ancestors had.
    last: AtomicI32,
}

static TOKEN: Token = Token { page: AtomicPtr::new(ptr::null_mut()), last: AtomicI32::new(0) };

const GUARD: usize = 64 * 1024; // The largest page there is, so that the guard is one.
pub(crate) const STACK: usize = 64 * 1024;

/// The number of this process; zero in a forked child that has none yet. A child that shares the parent's memory has the
/// parent's: see [`borrows_memory`]. This is async-signal-safe.
#[inline]
pub(crate) fn process_token() -> i32 {
    page().map_or_else(pid, |page| page.number.load(Ordering::Relaxed))
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
    pid != -1 && page().is_some_and(|page| page.pid.load(Ordering::Relaxed) != pid)
}

/// Gives this process a number, if it has none.
pub(crate) fn name_process() -> i32 {
    // Tried once: a process does not change its number.
    if mapped().is_none() && TOKEN.last.load(Ordering::Relaxed) == 0 && !map() {
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

/// The lower end of a stack of [`STACK`] bytes, above a guard; null if there is none.
pub(crate) fn spare_stack() -> *mut c_void {
    mapped().map_or(ptr::null_mut(), |page| ptr::from_ref(page).wrapping_byte_sub(STACK).cast_mut().cast())
}

#[inline]
fn page() -> Option<&'static Page> {
    mapped().filter(|page| !page.is_kept.load(Ordering::Relaxed))
}

#[inline]
fn mapped() -> Option<&'static Page> {
    // SAFETY: null, or mapped for ever, and made by `map`.
    unsafe { TOKEN.page.load(Ordering::Acquire).as_ref() }
}

/// Maps the guard, the stack, and the page. Whether they are there.
fn map() -> bool {
    const SIZE: usize = 4096; // The kernel rounds it up to its pages.
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | libc::MAP_NORESERVE;
    // SAFETY: new memory, which nothing else uses.
    let memory = unsafe { libc::mmap(ptr::null_mut(), GUARD + STACK + SIZE, libc::PROT_NONE, flags, -1, 0) };
    if memory == libc::MAP_FAILED {
        return false;
    }
    let stack = memory.wrapping_byte_add(GUARD);
    let page = stack.wrapping_byte_add(STACK);
    // The part below the stack stays inaccessible, as a guard.
    // SAFETY: within the new memory.
    let is_usable = unsafe { libc::mprotect(stack, STACK + SIZE, libc::PROT_READ | libc::PROT_WRITE) } == 0;
    if is_usable {
        // SAFETY: within the new memory, of which no other code knows yet.
        let advise = |advice| unsafe { libc::madvise(page, SIZE, advice) } == 0;
        // qemu's user mode accepts all advice, -1 too, and follows little of it.
        let is_kept = advise(-1) || !advise(libc::MADV_WIPEONFORK);
        // SAFETY: the page can be written to, and all of its bytes are zero, which is valid.
        unsafe { &*page.cast::<Page>() }.is_kept.store(is_kept, Ordering::Relaxed);
    }
    let unseen = ptr::null_mut();
    if !is_usable || TOKEN.page.compare_exchange(unseen, page.cast(), Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: the memory is ours, and no other thread has seen it.
        unsafe { libc::munmap(memory, GUARD + STACK + SIZE) };
    }
    mapped().is_some()
}
