//! What a process has on Unix alone: records of signals, forks, masks, alternate stacks, calls that a signal interrupts.

use crate::types::sender::Sender;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// The system says nothing of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "it is a part of the seam")]
pub(crate) fn sender(_: &Info) -> Option<Sender> {
    None
}

/// Threads have no mask.
#[derive(Clone, Copy)]
pub(crate) struct Mask;

impl Mask {
    pub(crate) fn current() -> Self {
        Self
    }

    pub(crate) fn all_but_faults() -> Self {
        Self
    }

    /// No thread can be told by its mask.
    #[allow(clippy::unused_self, reason = "it is a part of the seam")]
    pub(crate) fn is_all_but_faults(self, _: SignalSet) -> bool {
        false
    }

    pub(crate) fn set(self) -> Self {
        self
    }
}

/// There are no forks.
#[allow(clippy::unnecessary_wraps, reason = "it is a part of the seam")]
pub(crate) fn at_fork(_: extern "C" fn(), _: extern "C" fn()) -> Result<(), ()> {
    Ok(())
}

/// A process never is a copy of another one.
pub(crate) fn process_token() -> i32 {
    1
}

pub(crate) fn name_process() -> i32 {
    process_token()
}

pub(crate) fn borrows_memory() -> bool {
    false
}

/// Nothing runs on another stack.
pub(crate) fn keep_alternate_stack() {}

/// No event interrupts a call.
pub(crate) fn restart_calls(_: Signal, _: bool) {}

pub(crate) fn interrupts_calls(_: Signal) -> bool {
    false
}

pub(crate) fn interrupt_call(_: Signal, _: i32) {}

/// There is none that a program can send to itself alone.
pub(crate) fn send_to_this_thread(_: Signal) {}
