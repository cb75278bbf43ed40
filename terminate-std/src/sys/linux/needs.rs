//! What a signal needs, mapped beforehand, and brought into the cache all at once.
//!
//! When a signal comes, its handler has never run in this process, nor has what the watcher does then, and most of what they look at
//! was written long ago, or never: each line of code and of data is waited for, one after the other, and that is most of the time
//! before the first hook. So both begin by asking for all of them: the handler while its first system call is under way, which nothing
//! can be done without. That is a hint, which changes nothing and cannot fail; where stable Rust has no word for it, nothing is done.
//!
//! To ask takes its time too: no more is asked for than can come meanwhile, and of code every second line, since processors bring
//! the neighbour along. And to find a page takes longer than to bring a line of it: so the functions stand together, in two sections,
//! wherever they are in the sources.
//!
//! A page that is not mapped is worse still, since the kernel is waited for, and for one that was never written, twice. So the first
//! hook for a signal has all of them mapped (`MADV_POPULATE_WRITE`, `madvise(2)`, Linux 5.14).

use std::sync::atomic::{AtomicBool, Ordering};

use super::{arrival, handler, mask, process, watcher};
use crate::{Signal, asked, calls, conduct, config, decided, ending, entry, owner, pass, registration, shutdown};

const LINE: usize = 64;

/// A line of data.
struct Word(*const ());

/// A function, and how many lines of it are run.
struct Code(*const (), usize);

// SAFETY: nobody follows the address.
unsafe impl Sync for Word {}
// SAFETY: as above.
unsafe impl Sync for Code {}

/// Between a signal and a hook, or the watcher's waking.
static HANDLER: [Code; 3] = [
    Code(handler::handle as *const (), 28),
    Code(asked::is_asked as *const (), 10),
    Code(arrival::keep as *const (), 7),
];

/// After that, where hooks run in the handler.
static HOOKS_HERE: [Code; 2] =
    [Code(pass::run_until_there_is_a_watcher as *const (), 12), Code(entry::HandlerSafe::run as *const (), 8)];

/// Between the watcher's waking and a hook.
static WATCHER: [Code; 5] = [
    Code(mask::exchange as *const (), 3),
    Code(conduct::conduct_requested as *const (), 4),
    Code(conduct::run_hooks as *const (), 3),
    Code(registration::run_all as *const (), 11),
    Code(entry::run as *const (), 10),
];

/// Whichever the signal, and whoever calls the hooks.
static WORDS: [Word; 13] = {
    let [words, awaited] = ending::needed();
    let [slots, header] = registration::needed();
    [
        Word(words),
        Word(awaited),
        Word(slots),
        Word(header),
        Word(asked::needed()),
        Word(calls::needed()),
        Word(config::needed()),
        Word(decided::needed()),
        Word(entry::needed()),
        Word(owner::needed()),
        Word(process::needed()),
        Word(shutdown::needed()),
        Word(watcher::needed()),
    ]
};

/// Asks for what the handler needs. This is async-signal-safe.
#[inline]
pub(super) fn fetch_for_handler(signal: Signal) {
    fetch(&HANDLER, &WORDS);
    arrival::needed(signal).into_iter().for_each(fetch_line);
    // Of the C library's functions, also where their addresses stand.
    let library: [*const (); 4] = [
        libc::__errno_location as *const (),
        libc::gettid as *const (),
        libc::clock_gettime as *const (),
        libc::syscall as *const (),
    ];
    library.into_iter().chain(entry::expected()).for_each(fetch_line);
    if !watcher::is_started() {
        fetch(&HOOKS_HERE, &[]);
    }
}

/// Asks for what the watcher needs.
#[inline]
pub(super) fn fetch_for_watcher() {
    fetch(&WATCHER, &WORDS);
    fetch_line(libc::pthread_sigmask as *const ());
    entry::expected().into_iter().for_each(fetch_line);
}

#[inline]
fn fetch(code: &[Code], words: &[Word]) {
    for Code(function, lines) in code {
        (0..lines.div_ceil(2)).for_each(|pair| fetch_line(function.wrapping_byte_add(pair * 2 * LINE)));
    }
    for Word(word) in words {
        fetch_line(*word);
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

/// Has the kernel map all of it, so that nobody waits for that then.
pub(super) fn prepare(signal: Signal) {
    static PREPARED: AtomicBool = AtomicBool::new(false);
    if PREPARED.swap(true, Ordering::Relaxed) {
        map(&mut arrival::needed(signal).map(|word| (word, 1)), libc::MADV_POPULATE_WRITE);
    } else {
        let words = WORDS.iter().map(|word| word.0).chain(arrival::needed(signal));
        map(&mut words.map(|word| (word, 1)).collect::<Vec<_>>(), libc::MADV_POPULATE_WRITE);
        map(&mut code().map(|code| (code.0, code.1 * LINE)).collect::<Vec<_>>(), libc::MADV_POPULATE_READ);
    }
}

fn page() -> usize {
    // SAFETY: asks for a constant.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1)
}

fn code() -> impl Iterator<Item = &'static Code> {
    HANDLER.iter().chain(&HOOKS_HERE).chain(&WATCHER)
}

/// Maps the pages on which that many bytes are, from each of the addresses on: by one call for those that lie together.
fn map(needed: &mut [(*const (), usize)], advice: libc::c_int) {
    let page = page();
    needed.sort_unstable_by_key(|(address, _)| address.addr());
    let is_next = |one: &(*const (), usize), next: &(*const (), usize)| {
        next.0.addr() <= (one.0.addr() + one.1).next_multiple_of(page)
    };
    for together in needed.chunk_by(is_next) {
        let (first, end) = (together[0].0, together.iter().map(|(address, bytes)| address.addr() + bytes).max());
        let first = first.map_addr(|address| address & !(page - 1));
        let bytes = end.unwrap_or_default() - first.addr();
        // SAFETY: changes no contents. If there is no such advice, or no such page, nothing happens.
        unsafe { libc::madvise(first.cast_mut().cast(), bytes, advice) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::unix::fs::FileExt;
    use std::ptr;

    use super::*;

    /// Whether the page of that address is mapped (`proc_pid_pagemap(5)`).
    fn is_mapped(address: *const ()) -> bool {
        const PRESENT: u64 = 1 << 63;
        let mut entry = [0; 8];
        let at = u64::try_from(address.addr() / page() * entry.len()).unwrap();
        File::open("/proc/self/pagemap").unwrap().read_exact_at(&mut entry, at).unwrap();
        u64::from_le_bytes(entry) & PRESENT != 0
    }

    #[test]
    fn all_that_a_signal_needs_is_mapped_beforehand() {
        let signal = Signal::from_raw(libc::SIGRTMAX());
        // SAFETY: changes no contents.
        if unsafe { libc::madvise(ptr::null_mut(), 0, libc::MADV_POPULATE_WRITE) } != 0 {
            return writeln!(io::stdout(), "SKIPPED: all_that_a_signal_needs: before Linux 5.14").unwrap();
        }
        prepare(signal);
        let words = WORDS.iter().map(|word| word.0).chain(arrival::needed(signal));
        assert_eq!(code().map(|code| code.0).chain(words).filter(|address| !is_mapped(*address)).count(), 0);
    }
}
