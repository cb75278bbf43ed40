//! What a signal needs, mapped beforehand, and brought into the cache step by step.
//!
//! When a signal comes, its handler has never run in this process, nor has what the watcher does then, and most of what they look at
//! was written long ago, or never: each line of code and of data is waited for, one after the other, and that is most of the time
//! before the first hook. So both ask for them beforehand, by a hint, which changes nothing and cannot fail; where stable Rust has no
//! word for it, nothing is done.
//!
//! To ask takes its time too, and a processor waits for some ten lines at once: who asks for more is held up, and so is what is
//! needed first, behind what is needed last. So each step is asked for while the one before is under way, and of code every second
//! line, since processors bring the neighbour along. And to find a page takes longer than to bring a line of it: so the functions
//! stand together, in two sections, wherever they are in the sources.
//!
//! A page that is not mapped is worse still, since the kernel is waited for, and for one that was never written, twice. So the first
//! hook for a signal has all of them mapped (`MADV_POPULATE_WRITE`, `madvise(2)`, Linux 5.14).

use std::sync::atomic::{AtomicBool, Ordering};

use super::{arrival, handler, mask, process, watcher};
use crate::{Signal, asked, calls, conduct, config, decided, ending, entry, owner, pass, registration, shutdown};

pub(crate) const LINE: usize = 64;

/// A line of data.
struct Word(*const ());

/// So many lines of a function, from one of them on.
struct Code {
    function: *const (),
    from: usize,
    lines: usize,
}

impl Code {
    const fn new(function: *const (), lines: usize) -> Self {
        Self { function, from: 0, lines }
    }

    const fn from(mut self, from: usize) -> Self {
        self.from = from;
        self
    }

    fn line(&self, line: usize) -> *const () {
        self.function.wrapping_byte_add((self.from + line) * LINE)
    }
}

// SAFETY: nobody follows the address.
unsafe impl Sync for Word {}
// SAFETY: as above.
unsafe impl Sync for Code {}

/// What a step needs.
struct Step<const CODE: usize, const WORDS: usize> {
    code: [Code; CODE],
    words: [Word; WORDS],
}

const HANDLER: *const () = handler::handle as *const ();

/// In the handler: whose hooks these are, and whether one asks for the signal.
static ASK: Step<2, 5> = Step {
    code: [Code::new(HANDLER, 16), Code::new(asked::is_asked as *const (), 10)],
    words: [
        Word(owner::needed()),
        Word(process::needed()),
        Word(ending::needed()[0]),
        Word(asked::needed()),
        Word(registration::needed()[0]),
    ],
};

/// What is known of the signal. (And its record.)
static KEEP: Step<1, 1> = Step { code: [Code::new(arrival::keep as *const (), 7)], words: [Word(watcher::needed())] };

/// The end begins.
static BEGIN: Step<1, 5> = Step {
    code: [Code::new(HANDLER, 12).from(16)],
    words: [
        Word(calls::needed()),
        Word(decided::needed()[0]),
        Word(entry::needed()),
        Word(ending::needed()[1]),
        Word(registration::needed()[1]),
    ],
};

/// The hooks run in the handler.
static RUN_HERE: Step<1, 0> =
    Step { code: [Code::new(pass::run_until_there_is_a_watcher as *const (), 14)], words: [] };

/// The watcher takes the request up.
static TAKE_UP: Step<2, 7> = Step {
    code: [Code::new(mask::exchange as *const (), 3), Code::new(conduct::conduct_requested as *const (), 4)],
    words: [
        Word(ending::needed()[0]),
        Word(ending::needed()[1]),
        Word(process::needed()),
        Word(shutdown::needed()),
        Word(config::needed()),
        Word(decided::needed()[0]),
        Word(decided::needed()[1]),
    ],
};

/// The hooks run on it.
static RUN: Step<3, 4> = Step {
    code: [
        Code::new(conduct::run_hooks as *const (), 3),
        Code::new(registration::run_all as *const (), 12),
        Code::new(entry::run as *const (), 10),
    ],
    words: [
        Word(entry::needed()),
        Word(registration::needed()[0]),
        Word(registration::needed()[1]),
        Word(calls::needed()),
    ],
};

// What asks is async-signal-safe.

/// For the first step in the handler.
#[inline]
pub(super) fn fetch_to_ask() {
    fetch_line(libc::__errno_location as *const ());
    fetch_line(libc::gettid as *const ());
    ASK.fetch();
}

/// For the second one, which may be none.
#[inline]
pub(super) fn fetch_to_keep(signal: Signal) {
    KEEP.fetch();
    arrival::needed(signal).into_iter().for_each(fetch_line);
    fetch_line(libc::clock_gettime as *const ());
}

/// For the third one, and the first hook.
#[inline]
pub(super) fn fetch_to_begin(signal: Signal) {
    BEGIN.fetch();
    if watcher::is_started() {
        fetch_line(decided::needed_for(signal));
        fetch_line(libc::syscall as *const ());
    } else {
        RUN_HERE.fetch();
        entry::expected().into_iter().for_each(fetch_line);
    }
}

/// For what the watcher does first.
#[inline]
pub(super) fn fetch_to_take_up() {
    TAKE_UP.fetch();
    fetch_line(libc::pthread_sigmask as *const ());
}

/// For the first hook there.
#[inline]
pub(super) fn fetch_to_run() {
    RUN.fetch();
    entry::expected().into_iter().for_each(fetch_line);
}

impl<const CODE: usize, const WORDS: usize> Step<CODE, WORDS> {
    #[inline]
    fn fetch(&self) {
        for code in &self.code {
            (0..code.lines).step_by(2).for_each(|line| fetch_line(code.line(line)));
        }
        self.words.iter().for_each(|word| fetch_line(word.0));
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
        map(&mut words_for(signal).map(|word| (word, 1)).collect::<Vec<_>>(), libc::MADV_POPULATE_WRITE);
    } else {
        let words = words().chain(words_for(signal));
        map(&mut words.map(|word| (word, 1)).collect::<Vec<_>>(), libc::MADV_POPULATE_WRITE);
        map(&mut code(), libc::MADV_POPULATE_READ);
    }
}

/// The same, for a function that is not in the sections, as its type depends on the hook.
pub(crate) fn prepare_code(function: *const ()) {
    map(&mut [(function, 8 * LINE)], libc::MADV_POPULATE_READ);
}

fn page() -> usize {
    // SAFETY: asks for a constant.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1)
}

/// All of the two sections, and the C library's functions.
fn code() -> [(*const (), usize); 7] {
    // By linkers, for each section whose name is an identifier (`ld(1)`).
    unsafe extern "C" {
        static __start_terminate_handler: u8;
        static __stop_terminate_handler: u8;
        static __start_terminate_watcher: u8;
        static __stop_terminate_watcher: u8;
    }
    let section = |start: *const u8, stop: *const u8| (start.cast(), stop.addr() - start.addr());
    [
        section(&raw const __start_terminate_handler, &raw const __stop_terminate_handler),
        section(&raw const __start_terminate_watcher, &raw const __stop_terminate_watcher),
        (libc::__errno_location as *const (), LINE),
        (libc::gettid as *const (), LINE),
        (libc::clock_gettime as *const (), LINE),
        (libc::syscall as *const (), LINE),
        (libc::pthread_sigmask as *const (), LINE),
    ]
}

fn words_for(signal: Signal) -> impl Iterator<Item = *const ()> {
    arrival::needed(signal).into_iter().chain([decided::needed_for(signal)])
}

fn words() -> impl Iterator<Item = *const ()> {
    let in_the_handler = ASK.words.iter().chain(&KEEP.words).chain(&BEGIN.words).chain(&RUN_HERE.words);
    in_the_handler.chain(&TAKE_UP.words).chain(&RUN.words).map(|word| word.0)
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
        let words = words().chain(words_for(signal));
        let code = code().into_iter().flat_map(|(from, bytes)| [from, from.wrapping_byte_add(bytes - 1)]);
        assert_eq!(code.chain(words).filter(|address| !is_mapped(*address)).count(), 0);
    }
}
