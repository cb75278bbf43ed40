//! The life cycle as one 32-bit word, and [`next`], the pure function that moves it.
//!
//! ```text
//!   Alive → Requested → Running → Chaining → Closed → Done
//!   Alive → Interrupting → Alive, one generation later
//! ```
//!
//! | stage | what happens |
//! | --- | --- |
//! | `Alive` | the program runs; hooks may come and go |
//! | `Interrupting` | the hooks of an interrupt run, and the program goes on afterwards |
//! | `Requested` | the end was requested: wakers are called, the grace passes |
//! | `Running` | the hooks run |
//! | `Chaining` | the previous handler of the signal runs |
//! | `Closed` | nothing can be registered any more; the hooks that came last run |
//! | `Done` | all hooks have run, and the process may end |
//!
//! The exchange that leaves `Alive` is the moment at which the first cause decides. It also decides where the hooks run. That
//! is the runner if anything ever needed it: an ordinary hook, a guard, an interrupt, a time limit. Otherwise they run *in place*,
//! on the thread where the end begins.
//!
//! ```text
//!   31                                  6     5         4         3        2     0
//!   ┌────────────────────────────────────┬─────────┬──────────┬──────────┬───────┐
//!   │ generation                         │ handled │ runner   │ in place │ stage │   Alive, Interrupting
//!   ├──────┬────────┬─────────┬──────────┼─────────┼──────────┼──────────┼───────┤
//!   │ hurry│ epoch  │ outcome │ end      │ handled │ runner   │ in place │ stage │   all other stages
//!   └──────┴────────┴─────────┴──────────┴─────────┴──────────┴──────────┴───────┘
//!     31    30    22 21     13 12       6
//! ```
//!
//! The *generation* counts interrupts, holds and restarts of the runner. A handler may have read the hooks before an interrupt consumed one of them, or before a
//! thread began a [`hold`](crate::hold). It finds another generation, and reads again. The count wraps after 2^26 of them, which would have
//! to pass during one reading.
//!
//! The *epoch* counts runners. A runner that was replaced finds another epoch, and stops. After 511 replacements a runner
//! cannot be replaced any more.

use terminate_core::{Cause, SignalNumber};

/// How far the end of the process has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    Alive,
    Interrupting,
    Requested,
    Running,
    Chaining,
    Closed,
    Done,
}

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Exit,
    Panic,
    Signal(SignalNumber),
    /// `SIGABRT` by a thread that aborts: it waits for the hooks, and then ends the process by that signal.
    Abort,
    /// [`request`](crate::request), with an exit code as the outcome.
    Request,
}

impl End {
    /// What interrupts a program.
    pub(crate) const INTERRUPT: Self = Self::Signal(SIGINT);

    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::Exit | Self::Request => Cause::Exit,
            Self::Panic => Cause::Panic,
            Self::Signal(number) => Cause::Signal(number),
            Self::Abort => Cause::Signal(SIGABRT),
        }
    }

    /// Whether no thread waits for the hooks, so that the runner ends the process.
    pub(crate) const fn is_ended_by_runner(self) -> bool {
        matches!(self, Self::Signal(_) | Self::Request)
    }

    const fn to_bits(self) -> u32 {
        match self {
            Self::Exit => 0,
            Self::Panic => 1,
            Self::Signal(number) => 1 + number.get() as u32,
            Self::Abort => ABORT,
            Self::Request => REQUEST,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "`to_bits` made it from a `u8`")]
    const fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::Exit,
            1 => Self::Panic,
            ABORT => Self::Abort,
            REQUEST => Self::Request,
            number => match SignalNumber::new((number - 1) as u8) {
                Some(number) => Self::Signal(number),
                None => Self::Exit,
            },
        }
    }
}

// The numbers that POSIX lists for `kill(1)`: every system has them.
const SIGABRT: SignalNumber = SignalNumber::new(6).expect("6 is a signal number");
const SIGINT: SignalNumber = SignalNumber::new(2).expect("2 is a signal number");

const STAGE_MASK: u32 = 7;
const IN_PLACE: u32 = 1 << 3;
const NEEDS_RUNNER: u32 = 1 << 4;
const HANDLED: u32 = 1 << 5;
const FLAGS: u32 = IN_PLACE | NEEDS_RUNNER | HANDLED;
const DATA: u32 = 6;
const OUTCOME: u32 = 13;
const EPOCH: u32 = 22;
const HURRY: u32 = 1 << 31;
const END_MASK: u32 = 0x7f;
pub(crate) const OUTCOME_MASK: u32 = 0x1ff;
pub(crate) const EPOCH_BITS: u32 = 9;
const EPOCH_MASK: u32 = (1 << EPOCH_BITS) - 1;
const ABORT: u32 = 2 + SignalNumber::MAX as u32;
const REQUEST: u32 = ABORT + 1;

const _: () = assert!(REQUEST <= END_MASK);

/// What the word says at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State(u32);

/// What may move the word. The events that only the runner causes carry its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// An ordinary hook is about to be registered, or something else that needs the runner.
    NeedRunner,
    /// A signal is about to be handled.
    AddHandled,
    /// A thread begins a `hold`, or the runner is replaced before an end: another thread is to look again.
    Hold,
    /// A signal arrived whose hooks make it an interrupt.
    Interrupt,
    /// The hooks of the interrupt have run.
    Interrupted,
    /// The process is to end, with that outcome if a signal or the program requests it.
    Request(End, u32),
    /// The process is to end by a signal that no hook requests: no hook runs, but for those that are registered at this moment.
    RequestWithoutHooks(SignalNumber),
    /// A thread cannot go on before the hooks have run: the grace is over.
    SkipGrace,
    /// The runner begins with the hooks.
    Run(u32),
    /// The runner of that epoch is lost.
    Lose(u32),
    /// The hooks have run, and the previous handler is next.
    Chain(u32),
    /// The registry is going to be closed.
    Close(u32),
    /// All hooks have run.
    Finish(u32),
}

/// The transition function. `None`: the event means nothing in that state.
///
/// <!-- The table below is generated from this function by the test `the_documented_table_is_what_next_does`. -->
///
#[doc = include_str!("transitions.md")]
pub(crate) const fn next(state: State, event: Event) -> Option<State> {
    use Stage::{Alive, Chaining, Closed, Done, Interrupting, Requested, Running};
    match (event, state.stage()) {
        (Event::NeedRunner, Alive) => Some(State(state.0 | NEEDS_RUNNER)),
        (Event::NeedRunner, Interrupting | Requested | Running | Chaining | Closed) if !state.is_in_place() => {
            Some(State(state.0 | NEEDS_RUNNER))
        }
        (Event::AddHandled, Alive | Interrupting | Requested | Running | Chaining | Closed) => {
            Some(State(state.0 | HANDLED))
        }
        (Event::Hold, Alive) => Some(state.next_generation()),
        (Event::Interrupt, Alive) if state.needs_runner() => Some(state.in_stage(Interrupting)),
        (Event::Interrupted, Interrupting) => Some(state.next_generation().in_stage(Alive)),
        (Event::Request(end, outcome), Alive) => {
            let placed = state.in_place_unless_runner();
            Some(placed.ending(if placed.is_in_place() { Running } else { Requested }, end, outcome))
        }
        // The runner goes on with the end.
        (Event::Request(end, outcome), Interrupting) => Some(state.ending(Requested, end, outcome)),
        (Event::RequestWithoutHooks(number), Alive) => {
            Some(state.in_place_unless_runner().ending(Closed, End::Signal(number), 0))
        }
        (Event::SkipGrace, Requested) => Some(State(state.0 | HURRY)),
        (Event::Run(epoch), Requested) if state.is_epoch(epoch) => Some(state.in_stage(Running)),
        (Event::Lose(epoch), Requested | Running) if state.is_epoch(epoch) => state.succeeded_in(Running),
        (Event::Lose(epoch), Chaining) if state.is_epoch(epoch) => state.succeeded_in(Chaining),
        (Event::Lose(epoch), Closed) if state.is_epoch(epoch) => state.succeeded_in(Closed),
        (Event::Chain(epoch), Running) if state.is_epoch(epoch) => Some(state.in_stage(Chaining)),
        (Event::Close(epoch), Running | Chaining) if state.is_epoch(epoch) => Some(state.in_stage(Closed)),
        (Event::Finish(epoch), Closed) if state.is_epoch(epoch) => Some(state.in_stage(Done)),
        _ => None,
    }
}

impl State {
    pub(crate) const ALIVE: Self = Self(0);

    pub(crate) const fn to_bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(crate) const fn stage(self) -> Stage {
        match self.0 & STAGE_MASK {
            0 => Stage::Alive,
            1 => Stage::Interrupting,
            2 => Stage::Requested,
            3 => Stage::Running,
            4 => Stage::Chaining,
            5 => Stage::Closed,
            _ => Stage::Done,
        }
    }

    /// Whether the process is going to end.
    pub(crate) const fn is_ending(self) -> bool {
        !matches!(self.stage(), Stage::Alive | Stage::Interrupting)
    }

    /// Whether the hooks run on the thread where the end began.
    pub(crate) const fn is_in_place(self) -> bool {
        self.0 & IN_PLACE != 0
    }

    /// Whether anything ever needed the runner.
    pub(crate) const fn needs_runner(self) -> bool {
        self.0 & NEEDS_RUNNER != 0
    }

    /// Whether a signal is handled.
    pub(crate) const fn is_handled(self) -> bool {
        self.0 & HANDLED != 0
    }

    /// Whether the grace is over, because a thread cannot go on before the hooks have run.
    pub(crate) const fn is_hurried(self) -> bool {
        self.is_ending() && self.0 & HURRY != 0
    }

    /// Why the process ends; while it does not, what interrupts it.
    pub(crate) const fn end(self) -> End {
        if self.is_ending() { End::from_bits(self.0 >> DATA & END_MASK) } else { End::INTERRUPT }
    }

    pub(crate) const fn cause(self) -> Cause {
        self.end().cause()
    }

    /// How the process is to end by its signal or request, in the bits of [`crate::ExitStatus`]; zero while it does not end.
    pub(crate) const fn outcome(self) -> u32 {
        if self.is_ending() { self.0 >> OUTCOME & OUTCOME_MASK } else { 0 }
    }

    /// Which runner runs the hooks, counted from zero.
    pub(crate) const fn epoch(self) -> u32 {
        if self.is_ending() { self.0 >> EPOCH & EPOCH_MASK } else { 0 }
    }

    /// What a time limit belongs to: a later runner has one of its own, and so has a later interrupt.
    pub(crate) const fn period(self) -> u32 {
        if self.is_ending() && !matches!(self.stage(), Stage::Requested) { self.epoch() << EPOCH } else { self.0 }
    }

    const fn is_epoch(self, epoch: u32) -> bool {
        self.epoch() == epoch
    }

    const fn next_generation(self) -> Self {
        let generation = (self.0 >> DATA).wrapping_add(1);
        Self(generation << DATA | self.0 & (FLAGS | STAGE_MASK))
    }

    const fn in_stage(self, stage: Stage) -> Self {
        Self(self.0 & !STAGE_MASK | stage as u32)
    }

    const fn in_place_unless_runner(self) -> Self {
        if self.needs_runner() { self } else { Self(self.0 | IN_PLACE) }
    }

    const fn ending(self, stage: Stage, end: End, outcome: u32) -> Self {
        let data = end.to_bits() << DATA | (outcome & OUTCOME_MASK) << OUTCOME;
        Self(data | self.0 & FLAGS | stage as u32)
    }

    const fn succeeded_in(self, stage: Stage) -> Option<Self> {
        let epoch = self.epoch();
        if epoch == EPOCH_MASK {
            return None;
        }
        let rest = self.0 & !(EPOCH_MASK << EPOCH | HURRY | STAGE_MASK);
        Some(Self(rest | (epoch + 1) << EPOCH | stage as u32))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = f.debug_struct("State");
        f.field("stage", &self.stage())
            .field("in_place", &self.is_in_place())
            .field("needs_runner", &self.needs_runner());
        f.field("handled", &self.is_handled());
        if self.is_ending() {
            f.field("end", &self.end()).field("outcome", &self.outcome()).field("epoch", &self.epoch());
            f.field("hurried", &self.is_hurried()).finish()
        } else {
            f.field("generation", &(self.0 >> DATA)).finish()
        }
    }
}
