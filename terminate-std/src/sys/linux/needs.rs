//! What the handler needs, mapped beforehand, and brought into the cache all at once.
//!
//! When a signal comes, its handler has never run in this process, and most of what it looks at was written long ago, or never: each
//! line of code and of data is waited for, one after the other, and that is most of the time before the first hook. So it begins by
//! asking for all of them. They come while the first system call is under way, which nothing can be done without. That is a hint,
//! which changes nothing and cannot fail; where stable Rust has no word for it, nothing is done.
//!
//! A page that is not mapped is worse still, since the kernel is waited for, and for one that was never written, twice. So the first
//! hook for a signal has all of them mapped (`MADV_POPULATE_WRITE`, `madvise(2)`, Linux 5.14).

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{arrival, handler, process, watcher};
use crate::{Signal, asked, calls, decided, ending, entry, owner, pass, registration};

const LINE: usize = 64;

/// The functions between the signal and a hook that runs in the handler, and how many bytes of each that takes.
fn path() -> [(*const (), usize); 5] {
    [
        (handler::handle as *const (), 28 * LINE),
        (asked::is_asked as *const (), 10 * LINE),
        (arrival::keep as *const (), 7 * LINE),
        (pass::run_until_there_is_a_watcher as *const (), 12 * LINE),
        (entry::HandlerSafe::run as *const (), 3 * LINE),
    ]
}

/// The lines that are looked at, whichever the signal.
#[inline]
fn words() -> [*const (); 11] {
    let [words, awaited] = ending::needed();
    let [slots, header] = registration::needed();
    let others =
        [asked::needed(), calls::needed(), entry::needed(), decided::needed(), owner::needed(), watcher::needed()];
    let [asked, calls, current, status, owner, watcher] = others;
    [words, awaited, slots, header, asked, calls, current, status, owner, watcher, process::needed()]
}

/// Asks for all of it. Where hooks run on the watcher, that takes longer than all of this, and the code is not needed here. This
/// is async-signal-safe.
#[inline]
pub(super) fn fetch(signal: Signal) {
    words().into_iter().chain(arrival::needed(signal)).for_each(fetch_line);
    if !watcher::is_started() {
        for (function, bytes) in path() {
            (0..bytes).step_by(LINE).for_each(|offset| fetch_line(function.wrapping_byte_add(offset)));
        }
    }
}

#[inline]
fn fetch_line(address: *const ()) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Has the kernel map all of it, so that the handler does not wait for that.
pub(super) fn prepare(signal: Signal) {
    static PREPARED: AtomicBool = AtomicBool::new(false);
    // SAFETY: asks for a constant.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1);
    let mut mapped = ptr::null();
    let mut map = |address: *const (), bytes, advice| {
        let first = address.map_addr(|address| address & !(page - 1));
        if first != mapped {
            mapped = first;
            // SAFETY: changes no contents. If there is no such advice, or no such page, nothing happens.
            unsafe { libc::madvise(first.cast_mut().cast(), address.addr() - first.addr() + bytes, advice) };
        }
    };
    if !PREPARED.swap(true, Ordering::Relaxed) {
        for word in words() {
            map(word, 1, libc::MADV_POPULATE_WRITE);
        }
        for (function, bytes) in path() {
            map(function, bytes, libc::MADV_POPULATE_READ);
        }
    }
    for word in arrival::needed(signal) {
        map(word, 1, libc::MADV_POPULATE_WRITE);
    }
}
