//! An orderly power-off: a driver registers its cleanup when it is started and takes it back when it is stopped; at the end
//! the log is flushed, and the power switched off by a hook of the last phase.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use terminate_core::{Cause, Context, Hook, HookId, Phase, RegisterError, Registry};
use terminate_firmware::{PANICKED, board, exit, println};

static CLEANUP: Registry<8> = Registry::new();
/// Entries of the log that are not in flash yet.
static UNWRITTEN: AtomicU32 = AtomicU32::new(0);

fn log() {
    let entries = UNWRITTEN.load(Ordering::Relaxed);
    UNWRITTEN.store(entries + 1, Ordering::Relaxed);
}

/// A sensor that has to be put to sleep.
struct Sensor {
    cleanup: HookId,
}

impl Sensor {
    fn start(bus: u8) -> Result<Self, RegisterError<3>> {
        let sleep = Hook::new(move |_| {
            println!("sensor {bus} sleeps");
            log();
        });
        Ok(Self { cleanup: CLEANUP.register(sleep)? })
    }

    /// Does now what the end would do.
    fn stop(self) {
        if let Ok(sleep) = CLEANUP.take(self.cleanup) {
            sleep.call(Cause::Exit);
        }
    }
}

#[board::entry]
fn main() -> ! {
    board::start();
    match run() {
        Ok(()) => println!("the power is still on"),
        Err(error) => println!("{error}"),
    }
    exit(1)
}

fn run() -> Result<(), RegisterError<3>> {
    CLEANUP.register(Hook::new(|_| exit(0)).phase(Phase::Last))?;
    CLEANUP.register(Hook::new(|_| println!("log: {} entries written", UNWRITTEN.load(Ordering::Relaxed))))?;
    let first = Sensor::start(1)?;
    let _second = Sensor::start(2)?;
    log();
    first.stop();
    println!("power off");
    let _ = CLEANUP.run(Cause::Exit, Context::Thread);
    Ok(())
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    let _ = CLEANUP.run(Cause::Panic, Context::Thread);
    exit(PANICKED)
}
