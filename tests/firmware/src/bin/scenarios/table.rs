//! `hooks!`: a table in flash.

use terminate_core::{Cause, Context, Table, hooks};
use terminate_firmware::println;

fn motors_off(cause: Cause) {
    println!("motors off: {cause}");
}

fn flush(cause: Cause) {
    println!("flush: {cause}");
}

// SAFETY: nothing in this program runs the table while it prints.
static HOOKS: Table = hooks![unsafe motors_off, flush];

/// Each function once, in the order written, ordinary ones out of the handler.
pub fn table() {
    println!("ran {}", HOOKS.run(Cause::Panic, Context::Handler));
    println!("ran {}", HOOKS.run(Cause::Exit, Context::Thread));
    println!("ran {}", HOOKS.run(Cause::Exit, Context::Thread));
}
