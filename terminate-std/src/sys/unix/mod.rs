//! What all Unixes share: signals by `sigaction`, masks, alternate stacks, records of signals, ways to die.

pub(super) mod altstack;
mod die;
mod handler;
mod mask;
mod sigaction;
mod siginfo;

pub(crate) use altstack::keep_alternate_stack;
pub(crate) use die::{
    deliver_here, die_by, exit, exit_again, exit_now, park, send_to_this_thread, write_line, write_stderr,
};
pub(crate) use handler::{Action, Delivery, install};
pub(crate) use mask::{Mask, spawn_masked};
pub(crate) use sigaction::{can_handle, is_shared, restart_calls};
pub(crate) use siginfo::{Records, monotonic};
