//! A brown-out interrupt: what cannot wait is done in the interrupt, the rest by the main loop if the power lasts.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use terminate_core::{Cause, Context, Hook, Phase, Registry, Triggers};
use terminate_firmware::signal::BROWN_OUT;
use terminate_firmware::{PANICKED, board, exit, println};

static CLEANUP: Registry<8> = Registry::new();
static POWER_FAILS: AtomicBool = AtomicBool::new(false);
/// What would be the switch of the radio.
static RADIO: AtomicU32 = AtomicU32::new(1);

const ON: Triggers = Triggers::ALWAYS.union(Triggers::signal(BROWN_OUT));

/// What the interrupt of the supply monitor does.
fn brown_out() {
    let report = CLEANUP.run(Cause::Signal(BROWN_OUT), Context::Handler);
    println!("interrupt: ran {}, left {}", report.ran, report.left);
    POWER_FAILS.store(true, Ordering::Release);
}

#[board::entry]
fn main() -> ! {
    board::start();
    board::ON_LOW.set(brown_out);

    // SAFETY: one store; it waits for nothing.
    let radio = unsafe { Hook::handler_safe(|_| RADIO.store(0, Ordering::Relaxed)) };
    let settings = Hook::new(|cause| println!("settings saved: {cause}"));
    let goodbye = Hook::new(|_| println!("radio: {}", RADIO.load(Ordering::Relaxed)));
    for hook in [radio.phase(Phase::First), settings, goodbye.phase(Phase::Last)] {
        if let Err(error) = CLEANUP.register(hook.triggers(ON)) {
            println!("{error}");
        }
    }

    let mut work = 0;
    while !POWER_FAILS.load(Ordering::Acquire) {
        work += 1;
        if work == 3 {
            // Here the voltage falls.
            board::pend_low();
        }
    }
    println!("main loop: {work} rounds");
    let report = CLEANUP.run(Cause::Signal(BROWN_OUT), Context::Thread);
    println!("thread: ran {}, left {}", report.ran, report.left);
    exit(0)
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    let _ = CLEANUP.run(Cause::Panic, Context::Thread);
    exit(PANICKED)
}
