//! What all Unixes share: signals by `sigaction`, masks, alternate stacks, what the kernel says of signals, ways to die.

pub(super) mod altstack;
mod die;
mod handler;
mod mask;
mod on_exit;
mod sigaction;
mod siginfo;
mod threads;

pub(crate) use altstack::keep_alternate_stack;
pub(crate) use die::{
    deliver_here, die_by, exit, exit_again, exit_now, exit_process, interrupt_call, park, send_to_this_thread,
    write_line, write_stderr,
};
pub(crate) use handler::{Delivery, ON_RUNNER, install};
pub(crate) use mask::Mask;
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) use on_exit::{at_exit, at_start};
pub(crate) use on_exit::{call_on_exit, is_alone, on_exit};
pub(crate) use sigaction::{interrupts_calls, is_foreign, is_shared, restart_calls};
pub(crate) use siginfo::{Info, monotonic, sender};
pub(crate) use threads::{at_fork, spawn};
