//! What the kernel does with each signal that no program handles.

use crate::types::signal::Signal;

/// `signal(7)` lists them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DefaultAction {
    End,
    Ignore,
    Stop,
}

/// This is async-signal-safe.
pub(super) fn default_action(signal: Signal) -> DefaultAction {
    match signal {
        Signal::CHLD | Signal::CONT | Signal::URG | Signal::WINCH => DefaultAction::Ignore,
        Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => DefaultAction::Stop,
        _ => DefaultAction::End,
    }
}
