//! One scenario a start, named by the first argument. It says what happens; the host knows what should.
#![no_std]
#![no_main]

mod ends;
mod interrupts;
mod registry;
mod table;

use core::panic::PanicInfo;

use terminate_firmware::{PANICKED, argument, board, exit, println};

type Scenario = fn();

const SCENARIOS: &[(&str, Scenario)] = &[
    ("table", table::table),
    ("order", registry::order),
    ("once", registry::once),
    ("full", registry::full),
    ("unregister", registry::unregister),
    ("context", registry::context),
    ("interrupt", interrupts::from_an_interrupt),
    ("nested", interrupts::nested),
    #[cfg(target_arch = "arm")]
    ("nmi", interrupts::nmi),
    ("fault", ends::fault),
    ("fault-in-a-run", ends::fault_in_a_run),
    ("panic", ends::panic),
    ("reset", ends::reset),
];

#[board::entry]
fn main() -> ! {
    board::start();
    let mut buffer = [0; 64];
    let name = argument(0, &mut buffer);
    let Some((_, scenario)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
        println!("there is no scenario {name}");
        exit(2);
    };
    scenario();
    println!("done");
    exit(0)
}

/// Runs the hooks, as the panic handler of a program would.
#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    ends::on_panic();
    println!("panicked");
    exit(PANICKED)
}
