//! A safe state on a fault: switch the motors off, write the last words to memory that survives a reset, start again.
//!
//! A table in flash is enough, because the hooks are known when the program is built: one byte of RAM each.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use terminate_core::{Cause, Context, Table, hooks};
use terminate_firmware::signal::FAULT;
use terminate_firmware::{PANICKED, board, exit, println};

/// What would be the output register of a port.
static PORT: AtomicU32 = AtomicU32::new(0);

/// In memory that nobody initialises, so that it is what it was before the reset.
#[repr(C)]
struct LastWords {
    /// `WRITTEN`, or whatever the memory held when the power came on.
    written: u32,
    port: u32,
    cause: u32,
}

const WRITTEN: u32 = 0x1a57_0c75;

struct NoInit(UnsafeCell<MaybeUninit<LastWords>>);

// SAFETY: written by the fault handler, which nothing interrupts that would use it, and read by `main` before that.
unsafe impl Sync for NoInit {}

#[unsafe(link_section = ".uninit.LAST_WORDS")]
static LAST_WORDS: NoInit = NoInit(UnsafeCell::new(MaybeUninit::uninit()));

fn motors_off(_: Cause) {
    PORT.store(0, Ordering::Relaxed);
}

fn last_words(cause: Cause) {
    let cause = if let Cause::Signal(number) = cause { number.get().into() } else { 0 };
    let words = LastWords { written: WRITTEN, port: PORT.load(Ordering::Relaxed), cause };
    // SAFETY: nobody else is at it. Volatile, because it is read in another life.
    unsafe { ptr::write_volatile(LAST_WORDS.0.get(), MaybeUninit::new(words)) };
}

fn start_again(_: Cause) {
    board::reset()
}

// SAFETY: plain stores and a reset; none waits for anything.
static HOOKS: Table = hooks![unsafe motors_off, unsafe last_words, unsafe start_again];

#[board::entry]
fn main() -> ! {
    board::start();
    // The board calls this from its `HardFault` or exception handler.
    board::ON_FAULT.set(|| {
        HOOKS.run(Cause::Signal(FAULT), Context::Handler);
    });
    if let Some(words) = take_last_words() {
        println!("started after signal {}, with the port at {:#x}", words.cause, words.port);
        exit(0)
    }
    PORT.store(0xff, Ordering::Relaxed);
    println!("motors on, and a fault");
    board::fault()
}

fn take_last_words() -> Option<LastWords> {
    let words = LAST_WORDS.0.get().cast::<LastWords>();
    // SAFETY: three numbers, of which any is valid; and nobody else is at it.
    let words = unsafe { ptr::replace(words, LastWords { written: 0, port: 0, cause: 0 }) };
    (words.written == WRITTEN).then_some(words)
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    HOOKS.run(Cause::Panic, Context::Handler);
    exit(PANICKED)
}
