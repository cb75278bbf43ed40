//! What the word of [`crate::ending`] says at one moment: a phase, the cause, and who conducts. Pure functions.
//!
//! ```text
//!   31                    10 9        3 2     0
//!   ┌───────────────────────┬──────────┬───────┐
//!   │ the conductor's tid   │ cause    │ phase │
//!   └───────────────────────┴──────────┴───────┘
//! ```
//!
//! The word is one that the kernel waits for, and a futex has 32 bits (`futex(2)`). Linux numbers no thread from 2^22 on
//! (`PID_MAX_LIMIT`, see `/proc/sys/kernel/pid_max` in `proc(5)`), and there are 66 causes: it just fits.

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
const CAUSE_BITS: u32 = 7;
const CONDUCTOR_SHIFT: u32 = PHASE_BITS + CAUSE_BITS;

const _: () = assert!(2 + (SignalNumber::MAX as u32) <= 1 << CAUSE_BITS);

impl State {
    pub(crate) const ALIVE: Self = Self(0);

    /// With nobody who conducts.
    pub(crate) const fn new(phase: Phase, cause: Cause) -> Self {
        let cause = match cause {
            Cause::Panic => 1,
            Cause::Signal(number) => 1 + number.get() as u32,
            _ => 0,
        };
        Self(cause << PHASE_BITS | phase as u32)
    }

    /// The same, but that thread conducts.
    pub(crate) const fn conducted_by(self, tid: i32) -> Self {
        let rest = self.0 & ((1 << CONDUCTOR_SHIFT) - 1);
        Self(tid.cast_unsigned() << CONDUCTOR_SHIFT | rest)
    }

    /// The same, in another phase.
    pub(crate) const fn in_phase(self, phase: Phase) -> Self {
        Self(self.0 >> PHASE_BITS << PHASE_BITS | phase as u32)
    }

    /// The thread that runs the hooks, or, once they have run, that ends the process; zero if there is none.
    pub(crate) const fn conductor(self) -> i32 {
        (self.0 >> CONDUCTOR_SHIFT).cast_signed()
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
        match self.0 >> PHASE_BITS & ((1 << CAUSE_BITS) - 1) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [Phase; 8] = [
        Phase::Alive,
        Phase::Requested,
        Phase::Running,
        Phase::Done,
        Phase::InterruptRequested,
        Phase::Interrupting,
        Phase::Faulting,
        Phase::Closing,
    ];

    fn causes() -> impl Iterator<Item = Cause> {
        let signals = (1..=SignalNumber::MAX).filter_map(SignalNumber::new).map(Cause::Signal);
        [Cause::Exit, Cause::Panic].into_iter().chain(signals)
    }

    #[test]
    fn phase_cause_and_conductor_do_not_get_into_each_others_way() {
        for phase in PHASES {
            for cause in causes() {
                for tid in [1, 4711, (1 << 22) - 1] {
                    let state = State::new(phase, cause).conducted_by(tid);
                    assert_eq!((state.phase(), state.cause(), state.conductor()), (phase, cause, tid));
                    assert!(State::from_bits(state.to_bits()) == state);
                    assert!(state.conducted_by(0) == State::new(phase, cause));
                    for next in PHASES {
                        assert!(state.in_phase(next) == State::new(next, cause).conducted_by(tid));
                    }
                }
            }
        }
    }

    #[test]
    fn the_word_starts_alive_and_with_no_conductor() {
        assert_eq!(State::ALIVE.to_bits(), 0);
        assert_eq!((State::ALIVE.phase(), State::ALIVE.conductor()), (Phase::Alive, 0));
    }
}
