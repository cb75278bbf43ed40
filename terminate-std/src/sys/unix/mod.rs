//! What all Unixes share: signals by `sigaction`, masks, alternate stacks, records of signals, ways to die.

pub(super) mod altstack;
mod default_action;
mod die;
mod errno;
mod handler;
mod mask;
mod sigaction;
mod siginfo;
mod spawn;

pub(crate) use altstack::keep_alternate_stack;
pub(crate) use die::{
    chain, chain_and_keep, die_by, exit, exit_now, park, send_to_process, send_to_this_thread, write_stderr,
};
pub(crate) use handler::{Action, Delivery};
pub(crate) use sigaction::{can_handle, install};
pub(crate) use siginfo::{Records, monotonic};
pub(crate) use spawn::{Mask, spawn_masked};

#[inline(never)]
pub(crate) fn pid() -> i32 {
    // SAFETY: takes nothing, cannot fail, and asks the kernel each time, so that a forked child gets its own.
    unsafe { libc::getpid() }
}
