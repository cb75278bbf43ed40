//! What a hook of the world wants, and why hooks run.

use terminate_core::{Cause, Phase, SignalNumber, Triggers};

/// The signal that some hooks ask for.
pub const SIGNAL: SignalNumber = SignalNumber::new(15).unwrap();

/// Causes by the number that a record has for them.
pub(super) const CAUSES: [Cause; 3] = [Cause::Exit, Cause::Panic, Cause::Signal(SIGNAL)];

/// What a hook asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spec {
    /// Exit and panic. Handler-safe, as all but the next.
    Main,
    /// In the phase of that name: exit, panic and the signal. An ordinary hook.
    First,
    /// In the phase of that name: exit and panic.
    Last,
    /// Panic alone.
    Panic,
    /// Exit, panic and the signal.
    Signal,
    /// Exit alone.
    Exit,
}

impl Spec {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Main, Self::First, Self::Last, Self::Panic, Self::Signal, Self::Exit];

    pub(super) fn phase(self) -> Phase {
        match self {
            Self::First => Phase::First,
            Self::Last => Phase::Last,
            _ => Phase::Main,
        }
    }

    pub(super) fn triggers(self) -> Triggers {
        match self {
            Self::Main | Self::Last => Triggers::ALWAYS,
            Self::First | Self::Signal => Triggers::ALWAYS | Triggers::signal(SIGNAL),
            Self::Panic => Triggers::PANIC,
            Self::Exit => Triggers::EXIT,
        }
    }

    pub(super) fn handler_safe(self) -> bool {
        self != Self::First
    }
}
