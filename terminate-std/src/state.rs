//! What the word of [`crate::ending`] says at one moment: a phase, and the cause. Pure functions.

use terminate_core::SignalNumber;

use crate::Cause;

/// How far the end of the process has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Alive = 0,
    Requested = 1,
    Running = 2,
    Done = 3,
    InterruptRequested = 4,
    Interrupting = 5,
    Faulting = 6,
    Closing = 7,
}

/// What the word says at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u32);

const PHASE_BITS: u32 = 3;

impl State {
    pub(crate) const ALIVE: Self = Self(0);

    pub(crate) const fn new(phase: Phase, cause: Cause) -> Self {
        let cause = match cause {
            Cause::Panic => 1,
            Cause::Signal(number) => 1 + number.get() as u32,
            _ => 0,
        };
        Self(cause << PHASE_BITS | phase as u32)
    }

    pub(crate) const fn to_bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(crate) const fn phase(self) -> Phase {
        match self.0 & ((1 << PHASE_BITS) - 1) {
            0 => Phase::Alive,
            1 => Phase::Requested,
            2 => Phase::Running,
            3 => Phase::Done,
            4 => Phase::InterruptRequested,
            5 => Phase::Interrupting,
            6 => Phase::Faulting,
            _ => Phase::Closing,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it was made from a `u8`")]
    pub(crate) const fn cause(self) -> Cause {
        match self.0 >> PHASE_BITS {
            0 => Cause::Exit,
            1 => Cause::Panic,
            number => match SignalNumber::new((number - 1) as u8) {
                Some(number) => Cause::Signal(number),
                None => Cause::Exit,
            },
        }
    }

    /// Whether the process is going to end.
    pub(crate) const fn is_ending(self) -> bool {
        matches!(self.phase(), Phase::Requested | Phase::Running | Phase::Closing | Phase::Done)
    }

    /// Whether the hooks of an end are being run.
    pub(crate) const fn is_running(self) -> bool {
        matches!(self.phase(), Phase::Running | Phase::Closing)
    }

    /// Whether hooks are being run.
    pub(crate) const fn runs_hooks(self) -> bool {
        self.is_running() || matches!(self.phase(), Phase::Interrupting | Phase::Faulting)
    }
}
