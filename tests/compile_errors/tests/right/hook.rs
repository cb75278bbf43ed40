//! Every option, in every form.

use terminate_std::{Cause, hook};

#[hook]
fn bare() {}

#[hook()]
fn empty(_: Cause) {}

#[hook(signals())]
pub fn no_signals(cause: Cause) {
    assert_eq!(cause, Cause::Exit);
}

#[hook(
    signals(INT, TERM, HUP, QUIT, USR1, USR2, ALRM, PIPE, XCPU, ABRT,),
    phase = First,
    exit_status = Code(1 + 2),
    interrupt_on_sigint = false,
    inherit_on_fork,
    override_ignored = false,
    name = "all of them",
)]
fn all(mut cause: Cause) {
    cause = cause.to_owned();
    let _ = cause;
}

#[hook(signals(SEGV, BUS, ILL, FPE, TRAP, SYS), unsafe(handler_safe), phase = Last)]
extern "C" fn on_fault() {}

#[hook(exit_status = Shell)]
#[allow(dead_code)]
#[inline(never)]
fn with_other_attributes() {}

mod inside {
    #[terminate_std::hook(interrupt_on_sigint, exit_status = SignalNumber)]
    fn bare() {}

    // The names of the expansion are its own, and nobody else's.
    #[terminate_std::hook]
    fn call(cause: terminate_std::Cause) {
        let _ = cause;
    }

    #[terminate_std::hook]
    fn cause(cause: terminate_std::Cause) {
        let _ = cause;
    }
}

fn main() {
    // A hook is a function as before.
    bare();
    terminate_std::install().unwrap();
}
