//! What can be done to a registry, and what can be seen of it: plain data.

use terminate_core::{Cause, Context, Phase, Triggers};

/// Operations, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script(pub Vec<Op>);

/// How many operations a script may carry out in all. Hooks that register themselves and run the registry would go on
/// for ever; what comes later is not done, by the registry or by the model.
pub const MOST_OPS: usize = 400;

/// One operation. Hooks are named by a serial number: that of the attempt to register them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Registers a hook.
    Register(Hook),
    /// Reserves a slot, does something else, and then arms it, or gives it back: a register that is interrupted.
    Reserve {
        /// The hook that gets the slot.
        hook: Hook,
        /// What is done between the reservation and its end.
        meanwhile: Vec<Self>,
        /// Whether the slot is armed in the end.
        arm: bool,
    },
    /// Registers a copy of the hook that is being called. Outside of hooks, this does nothing.
    RegisterAgain,
    /// Unregisters a hook.
    Unregister(Which),
    /// Takes a hook and calls it.
    TakeAndCall(Which, Cause),
    /// Runs the registry.
    Run(Ending),
    /// Closes the registry.
    Close,
}

/// A hook to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The causes that it asks for.
    pub triggers: Triggers,
    /// Its phase.
    pub phase: Phase,
    /// Whether it is registered as handler-safe.
    pub handler_safe: bool,
    /// What it does when it is called.
    pub program: Vec<Op>,
}

impl Default for Hook {
    fn default() -> Self {
        Self { triggers: Triggers::ALWAYS, phase: Phase::Main, handler_safe: false, program: Vec::new() }
    }
}

/// The parameters of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The hooks that take part; those that ask for the cause, if there is none.
    pub wanted: Option<Triggers>,
    /// What they are told.
    pub cause: Cause,
    /// Where they run.
    pub context: Context,
}

impl Ending {
    /// The hooks that take part.
    pub fn wants(self, triggers: Triggers) -> bool {
        self.wanted.map_or_else(
            || triggers.contains(self.cause),
            // What is in both: all that is in the one, less what is not in the other.
            |wanted| !triggers.difference(triggers.difference(wanted)).is_empty(),
        )
    }
}

impl Default for Ending {
    fn default() -> Self {
        Self { wanted: None, cause: Cause::Exit, context: Context::Thread }
    }
}

/// An id to use: any that was ever handed out, so that stale ones are tried too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// That of the hook that is being called; outside of hooks, the operation does nothing.
    Own,
    /// Counted from the latest backwards, modulo how many there are.
    Back(usize),
}

impl Which {
    /// The index into the ids handed out so far, `own` being that of the hook that is being called.
    pub(crate) fn of(self, handed_out: usize, own: Option<usize>) -> Option<usize> {
        match self {
            Self::Own => own,
            Self::Back(back) => back.checked_rem(handed_out).map(|back| handed_out - 1 - back),
        }
    }
}

/// What became of an attempt to take a hook back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It is being called.
    Running,
    /// The id names nothing.
    Stale,
}

/// Something that can be seen from outside; hooks are named by their serial numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A hook was registered.
    Registered(usize),
    /// A slot was reserved.
    Reserved(usize),
    /// A hook was refused: every slot was taken.
    Full(usize),
    /// A hook was refused: the registry was closed.
    Closed(usize),
    /// An id was used.
    Taken(usize, Outcome),
    /// A hook was called.
    Called(usize, Cause),
    /// What a hook captured was dropped.
    Dropped(usize),
    /// A run ended.
    Ran {
        /// The hooks that it called.
        ran: usize,
        /// Those that are being called by other runs.
        running_elsewhere: usize,
        /// Those that it was not allowed to call.
        left: usize,
    },
    /// The hooks that are registered, by serial number, and how many they are said to be.
    Armed(Vec<usize>, usize),
    /// The registry was dropped; what was dropped with it follows by serial number.
    End,
}
