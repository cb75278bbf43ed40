//! Memory that the processes of one scenario share, for what they find. One of them runs at a time.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::{io, ptr};

use super::{Failure, Verdict, place};

const TEXT: usize = 4096;

/// All zero at first. Atomics, because other processes write it; relaxed, because `waitpid` orders that.
pub(super) struct Report {
    pub(super) boundaries: AtomicU64,
    pub(super) forks: AtomicU64,
    pub(super) pairs: AtomicU64,
    violations: AtomicU64,
    /// What the process that ends next has to say.
    said: [AtomicU8; TEXT],
    first: First,
}

struct First {
    there: AtomicBool,
    depth: AtomicUsize,
    at: [AtomicUsize; 2],
    addresses: [AtomicUsize; 2],
    what: [AtomicU8; TEXT],
}

impl Report {
    /// A report in memory that forked processes share with this one.
    pub(super) fn shared() -> io::Result<&'static Self> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, which overlaps nothing.
        let page = unsafe { libc::mmap(ptr::null_mut(), size_of::<Self>(), protection, flags, -1, 0) };
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: large enough, aligned to a page, all zero, which is what atomics may be, and never unmapped but by
        // `release`.
        Ok(unsafe { &*page.cast::<Self>() })
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// The report is not used any more.
    pub(super) unsafe fn release(this: &'static Self) {
        // SAFETY: mapped by `shared` with that length, and not used any more, says the caller.
        unsafe { libc::munmap(ptr::from_ref(this).cast_mut().cast(), size_of::<Self>()) };
    }

    /// Notes what is wrong, for the process that waits for this one.
    pub(super) fn say(&self, what: &str) {
        write(&self.said, what);
    }

    /// Notes that the process for this place objected, or how else it ended.
    pub(super) fn violation(&self, places: impl Iterator<Item = (usize, usize)>, ending: Option<String>) {
        self.violations.fetch_add(1, Relaxed);
        let first = &self.first;
        if first.there.swap(true, Relaxed) {
            return;
        }
        for (depth, (boundary, address)) in places.enumerate() {
            first.depth.store(depth, Relaxed);
            first.at[depth].store(boundary, Relaxed);
            first.addresses[depth].store(address, Relaxed);
        }
        write(&first.what, &ending.unwrap_or_else(|| read(&self.said)));
    }

    pub(super) fn said(&self) -> String {
        read(&self.said)
    }

    pub(super) fn verdict(&self) -> Verdict {
        let first = &self.first;
        let failure = || {
            let depth = first.depth.load(Relaxed);
            let at = |depth: usize| first.at[depth].load(Relaxed);
            let addresses = first.addresses.iter().take(depth + 1);
            Failure {
                outer: at(0),
                inner: (depth == 1).then(|| at(1)),
                instructions: addresses.map(|address| place::instruction(address.load(Relaxed))).collect(),
                what: read(&first.what),
            }
        };
        Verdict {
            boundaries: self.boundaries.load(Relaxed),
            forks: self.forks.load(Relaxed),
            pairs: self.pairs.load(Relaxed),
            violations: self.violations.load(Relaxed),
            first: first.there.load(Relaxed).then(failure),
            took: std::time::Duration::ZERO,
        }
    }
}

fn write(to: &[AtomicU8; TEXT], text: &str) {
    let bytes = text.bytes().filter(|byte| *byte != 0).take(TEXT - 1);
    for (to, byte) in to.iter().zip(bytes.chain([0])) {
        to.store(byte, Relaxed);
    }
}

fn read(from: &[AtomicU8; TEXT]) -> String {
    let bytes: Vec<u8> = from.iter().map(|byte| byte.load(Relaxed)).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
