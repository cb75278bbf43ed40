//! libc's table. It is the process's own and runs once, so each run is a child's, which tells its time through a pipe.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

pub(crate) struct Atexit;

/// As many children as one measurement is made of: the clock is for the handlers alone, but a child takes its time.
const CHILDREN: u64 = 20;
/// What is registered cannot be taken back, so a measurement does not register more than this.
const REGISTRATIONS: u64 = 10_000;

static BEGAN: OnceLock<Instant> = OnceLock::new();
static PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn leave() {
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(0) }
}

extern "C" fn nothing() {
    black_box(());
}

extern "C" fn begin() {
    let _ = BEGAN.set(Instant::now());
}

extern "C" fn end() {
    let took = BEGAN.get().map_or(0, |began| u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
    let bytes = took.to_ne_bytes();
    // SAFETY: reads the bytes; and ends the child, so that what its parent has registered does not run in it.
    unsafe {
        libc::write(PIPE.load(Ordering::Relaxed), bytes.as_ptr().cast(), bytes.len());
        libc::_exit(0)
    }
}

fn atexit(function: extern "C" fn()) {
    // SAFETY: the functions above may be called at any time.
    assert_eq!(unsafe { libc::atexit(function) }, 0);
}

impl Atexit {
    pub(crate) fn register(times: u64) -> Duration {
        let measured = times.clamp(1, REGISTRATIONS);
        let begun = Instant::now();
        (0..measured).for_each(|_| atexit(nothing));
        scaled(begun.elapsed(), times, measured)
    }

    /// One registration.
    pub(crate) fn register_one() {
        atexit(nothing);
    }

    /// Registers so many, to be called by an exit that does no more than that.
    pub(crate) fn fill(hooks: usize) {
        atexit(leave);
        (0..hooks).for_each(|_| atexit(nothing));
    }

    /// Calls them.
    pub(crate) fn exit() {
        // SAFETY: no other thread exits.
        unsafe { libc::exit(0) }
    }

    /// A run of `hooks` handlers, in a child that exits.
    pub(crate) fn run(hooks: usize, times: u64) -> Duration {
        let measured = times.clamp(1, CHILDREN);
        let spent = (0..measured).map(|_| run_in_child(hooks)).sum();
        scaled(spent, times, measured)
    }
}

/// What all would have taken. Never nothing at all, of which no statistics can be made.
#[expect(clippy::cast_precision_loss, reason = "a measurement is not exact to 53 bits")]
fn scaled(spent: Duration, times: u64, measured: u64) -> Duration {
    spent.max(Duration::from_nanos(1)).mul_f64(times as f64 / measured as f64)
}

fn run_in_child(hooks: usize) -> Duration {
    let (mut reader, writer) = io::pipe().unwrap();
    // What the parent has not written yet must not be written twice.
    io::stdout().flush().unwrap();
    // SAFETY: no other thread is there; the child registers handlers and exits.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1);
    if child == 0 {
        PIPE.store(writer.as_raw_fd(), Ordering::Relaxed);
        atexit(end);
        (0..hooks).for_each(|_| atexit(nothing));
        atexit(begin);
        // SAFETY: as above.
        unsafe { libc::exit(0) };
    }
    drop(writer);
    let mut took = [0; 8];
    reader.read_exact(&mut took).unwrap();
    // SAFETY: waits for the child.
    assert_eq!(unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) }, child);
    Duration::from_nanos(u64::from_ne_bytes(took))
}
