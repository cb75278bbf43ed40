//! What is interrupted, in which states, and by what: the scenarios of the stepper in terminate-fuzz.

use terminate_core::{Cause, Context};

use crate::record;
use crate::window::Window;
use crate::world::{self, Op, SIGNAL, Spec, Target};

pub const OPERATIONS: [(&str, Op); 6] = [
    ("register", Op::Register(Spec::Exit)),
    ("unregister", Op::Unregister(Target::Concerned)),
    ("take and call", Op::Take(Target::Concerned)),
    ("run", Op::Run(Cause::Exit, Context::Thread)),
    ("run for a signal", Op::Run(Cause::Signal(SIGNAL), Context::Thread)),
    ("run in a handler", Op::Run(Cause::Exit, Context::Handler)),
];

pub const INTERRUPTING: [(&str, Op); 7] = [
    ("register", Op::Register(Spec::First)),
    ("unregister", Op::Unregister(Target::Concerned)),
    ("unregister another", Op::Unregister(Target::Other)),
    ("take and call", Op::Take(Target::Concerned)),
    ("run", Op::Run(Cause::Exit, Context::Thread)),
    ("run for a signal", Op::Run(Cause::Signal(SIGNAL), Context::Thread)),
    ("run in a handler", Op::Run(Cause::Exit, Context::Handler)),
];

/// What the registry is like when the operation begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    One,
    Full,
    Fragmented,
}

impl State {
    pub const ALL: [Self; 3] = [Self::One, Self::Full, Self::Fragmented];

    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Full => "full",
            Self::Fragmented => "fragmented",
        }
    }

    /// Puts a fresh registry into this state.
    pub fn prepare(self) {
        let register = |spec| world::perform(Op::Register(spec), Window::Closed);
        let unregister = |number| world::perform(Op::Unregister(Target::Number(number)), Window::Closed);
        // Gone again, so that there are stale ids and slots that have been used.
        register(Spec::Signal);
        register(Spec::Signal);
        unregister(0);
        unregister(1);
        match self {
            Self::One => register(Spec::Main),
            Self::Full => {
                [Spec::Signal, Spec::First, Spec::Main, Spec::Last, Spec::Panic, Spec::Main]
                    .into_iter()
                    .for_each(register);
            }
            Self::Fragmented => {
                [Spec::Main, Spec::First, Spec::Signal, Spec::Last, Spec::Main, Spec::Panic]
                    .into_iter()
                    .for_each(register);
                [7, 5, 4, 2].into_iter().for_each(unregister);
                // Into the slot of the hook that was unregistered last: the order is not that of the slots any more.
                register(Spec::Signal);
            }
        }
        let armed = || (0..record::hooks_made()).filter(|number| world::is_armed(*number));
        let place = |number: &usize| (record::spec(*number).phase(), usize::MAX - number);
        let first = armed().min_by_key(place).unwrap_or(0);
        let last = armed().max_by_key(place).filter(|last| *last != first).unwrap_or(1);
        world::concern(first, last);
    }
}
