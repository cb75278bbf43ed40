//! Interrupts operations of a registry before each of their instructions, and writes down what came of it, for the host
//! to judge.
//!
//! The timer pends the higher interrupt after a number of ticks, and that number grows by one from replay to replay. QEMU
//! counts instructions (`-icount`), and an instruction takes longer than a tick, so no boundary is passed over. Two ticks
//! inside the same instruction find the same boundary, and count once.
//!
//! First argument: the file to write to, or `trace`: then each operation is carried out once, without interrupts, for a trace
//! to compare with. Second: only the scenarios whose name contains it, or `all`. Third: `timer`, or `nmi` for the non-maskable
//! interrupt. Fourth: `list`, for a registry so large that a run makes a list, or `few`.
#![no_std]
#![no_main]

mod operations;
mod record;
mod window;
mod world;

use core::ffi::CStr;
use core::panic::PanicInfo;
use core::sync::atomic::Ordering::Relaxed;

use portable_atomic::{AtomicBool, AtomicUsize};
use semihosting::fs::File;
use semihosting::io::Write;
use terminate_firmware::{PANICKED, argument, board, exit, println};

use crate::operations::{INTERRUPTING, OPERATIONS, State};
use crate::window::Window;
use crate::world::Op;

/// More than any operation has instructions.
const MOST_TICKS: u32 = 20_000;

/// Where the interrupt came: before or after the operation, or not at all, or the address of the instruction.
static LANDED: AtomicUsize = AtomicUsize::new(NOWHERE);
const NOWHERE: usize = 0;
const OUTSIDE: usize = 1;
/// Whether it came where it cannot be judged, see `record::is_busy`.
static IN_RECORD: AtomicBool = AtomicBool::new(false);
/// The operation that interrupts.
static BY: AtomicUsize = AtomicUsize::new(0);

#[board::entry]
fn main() -> ! {
    board::start();
    let (mut path, mut only, mut by, mut slots) = ([0; 128], [0; 128], [0; 128], [0; 128]);
    // The rest of the buffer is zero, so it ends there.
    let _ = argument(0, &mut path);
    let only = argument(1, &mut only);
    world::start(argument(2, &mut by) == "nmi", argument(3, &mut slots) == "list");
    if path.starts_with(b"trace\0") {
        trace();
        exit(0)
    }
    let path = CStr::from_bytes_until_nul(&path).unwrap_or(c"sweep");
    let Ok(mut file) = File::create(path) else {
        println!("cannot write the file");
        exit(2)
    };
    board::ON_HIGH.set(interrupt);
    board::ON_NMI.set(|| {
        board::stop_watchdog();
        if record::is_busy() {
            IN_RECORD.store(true, Relaxed);
            LANDED.store(board::interrupted_at(), Relaxed);
        } else {
            interrupt();
        }
    });
    for (name, operation) in OPERATIONS {
        for state in State::ALL {
            for (by, (by_name, _)) in INTERRUPTING.iter().enumerate() {
                BY.store(by, Relaxed);
                let mut label = Label::default();
                for part in [name, ", ", state.name(), " / ", by_name] {
                    label.push(part);
                }
                if only == "all" || label.text().contains(only) {
                    put(&mut file, &[BEGIN, label.text().len().try_into().unwrap_or(0)]);
                    put(&mut file, label.text().as_bytes());
                    sweep(&mut file, operation, state);
                }
            }
        }
    }
    put(&mut file, &[END]);
    println!("done");
    exit(0)
}

const END: u8 = 0;
const BEGIN: u8 = 1;
const REPLAY: u8 = 2;
const NOT_JUDGED: u8 = 3;

fn sweep(file: &mut File, operation: Op, state: State) {
    let mut last = NOWHERE;
    let mut begun = false;
    for ticks in 1..MOST_TICKS {
        world::reset();
        state.prepare();
        LANDED.store(NOWHERE, Relaxed);
        IN_RECORD.store(false, Relaxed);
        world::perform(operation, Window::After(ticks));
        match LANDED.load(Relaxed) {
            OUTSIDE if !begun => {}
            NOWHERE | OUTSIDE => return,
            // The same boundary once more.
            at if at == last => {}
            at => {
                (begun, last) = (true, at);
                if IN_RECORD.load(Relaxed) {
                    put(file, &[NOT_JUDGED]);
                    put(file, &address(at));
                } else {
                    world::finish();
                    record::dump(address(at), |bytes| put(file, bytes));
                }
            }
        }
    }
    panic!("an operation that does not end: begun {begun}, last at {last:#x}");
}

/// In the order of the sweep.
fn trace() {
    for (_, operation) in OPERATIONS {
        for state in State::ALL {
            world::reset();
            state.prepare();
            world::perform(operation, Window::After(MOST_TICKS));
        }
    }
}

fn interrupt() {
    if window::is_open() {
        LANDED.store(board::interrupted_at(), Relaxed);
        world::perform(INTERRUPTING[BY.load(Relaxed)].1, Window::Closed);
    } else {
        LANDED.store(OUTSIDE, Relaxed);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an address has 32 bits here")]
fn address(at: usize) -> [u8; 4] {
    (at as u32).to_le_bytes()
}

fn put(file: &mut File, bytes: &[u8]) {
    if file.write_all(bytes).is_err() {
        println!("cannot write");
        exit(2)
    }
}

/// A name, put together.
struct Label {
    bytes: [u8; 96],
    length: usize,
}

impl Default for Label {
    fn default() -> Self {
        Self { bytes: [0; 96], length: 0 }
    }
}

impl Label {
    fn push(&mut self, part: &str) {
        self.bytes[self.length..][..part.len()].copy_from_slice(part.as_bytes());
        self.length += part.len();
    }

    fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    exit(PANICKED)
}
