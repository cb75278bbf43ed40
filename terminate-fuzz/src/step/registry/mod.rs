//! The scenarios for [`terminate_core::Registry`]: every operation, in every state, interrupted by every operation.
//!
//! The registry has six slots, hooks of all phases, some for a signal and some not handler-safe. Whatever happened, a
//! scenario ends in the same way: the registry is run until it is empty, every id that there ever was is tried once
//! more, and the registry is filled and run again, so that a slot or a hook that was lost is missed.
//!
//! The judge then asks of the whole history (see `judge`):
//!
//! - each hook was called once if it was registered and not taken back, by a run or by its taker, and else never; what
//!   it captured was dropped once;
//! - each run called only hooks that asked for its cause and may run in its context; none of those was there, earlier
//!   in the order, and passed over; none was there at its end and not called; and its report is true;
//! - a hook that was registered during a run came at its place, but for the one call that was under way;
//! - a register was refused only if all slots could be in use, and got one only if one could be free; a take told what
//!   was true of the hook at an instant inside it;
//! - no id was given out twice, and no slot to two hooks at once.
//!
//! [`scenarios`] are all that there is to one interrupt, for the [`Stepper`](super::Stepper). A [`Program`] is any sequence of
//! operations with any number of interrupts inside each other, played in this process, for a fuzzer.

mod dump;
mod history;
mod judge;
mod program;
mod record;
mod spec;
mod world;

use std::fmt;

use terminate_core::{Cause, Context};

pub use self::dump::judge_dump;
use self::history::History;
pub use self::program::{Interrupt, MOST_STEPS, Program, Step};
pub use self::spec::{SIGNAL, Spec};
use self::world::{CAPACITY, State};
pub use self::world::{Op, Target};
use super::{Scenario, Window};

/// An operation on a registry in some state, and the one that interrupts it.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted {
    name: &'static str,
    operation: Op,
    state: State,
    by_name: &'static str,
    by: Op,
}

const OPERATIONS: [(&str, Op); 7] = [
    ("register", Op::Register(Spec::Exit)),
    ("reserve and arm", Op::Reserve(Spec::Signal)),
    ("unregister", Op::Unregister(Target::Concerned)),
    ("take and call", Op::Take(Target::Concerned)),
    ("run", Op::Run(Cause::Exit, Context::Thread)),
    ("run for a signal", Op::Run(Cause::Signal(SIGNAL), Context::Thread)),
    ("run in a handler", Op::Run(Cause::Exit, Context::Handler)),
];

const INTERRUPTING: [(&str, Op); 7] = [
    ("register", Op::Register(Spec::First)),
    ("unregister", Op::Unregister(Target::Concerned)),
    ("unregister another", Op::Unregister(Target::Other)),
    ("take and call", Op::Take(Target::Concerned)),
    ("run", Op::Run(Cause::Exit, Context::Thread)),
    ("run for a signal", Op::Run(Cause::Signal(SIGNAL), Context::Thread)),
    ("run in a handler", Op::Run(Cause::Exit, Context::Handler)),
];

/// What interrupts the interrupting operation is drawn from these.
const THIRD: [Op; 4] = [
    Op::Register(Spec::Signal),
    Op::Unregister(Target::Concerned),
    Op::Unregister(Target::Other),
    Op::Run(Cause::Exit, Context::Thread),
];

/// All scenarios, those with the same operation and state next to each other.
pub fn scenarios() -> Vec<Interrupted> {
    let mut all = Vec::new();
    for (name, operation) in OPERATIONS {
        for state in State::ALL {
            all.extend(INTERRUPTING.map(|(by_name, by)| Interrupted { name, operation, state, by_name, by }));
        }
    }
    all
}

impl Interrupted {
    /// The operation and the state that it begins in.
    pub fn subject(&self) -> String {
        format!("{}, {}", self.name, self.state)
    }

    /// The operation that interrupts it.
    pub fn interrupt(&self) -> &'static str {
        self.by_name
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} / {}", self.name, self.state, self.by_name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::One => "one",
            Self::OneFree => "one free",
            Self::Full => "full",
            Self::Fragmented => "fragmented",
        })
    }
}

impl Scenario for Interrupted {
    fn prepare(&self) {
        self.state.prepare();
    }

    fn perform(&self, depth: usize, window: &Window) {
        let op = match depth {
            0 => self.operation,
            1 => self.by,
            #[expect(clippy::cast_possible_truncation, reason = "there are four of them")]
            _ => THIRD[(window.draw() % THIRD.len() as u64) as usize],
        };
        world::perform(op, window);
    }

    fn check(&self) -> Result<(), String> {
        conclude()
    }
}

/// Empties the registry, tries every id once more, fills it and empties it again, and judges all that has happened.
fn conclude() -> Result<(), String> {
    let window = Window::closed();
    let empty = || {
        for cause in [Cause::Exit, Cause::Panic] {
            world::perform(Op::Run(cause, Context::Thread), &window);
        }
    };
    empty();
    for number in 0..record::hooks_made() {
        world::perform(Op::Unregister(Target::Number(number)), &window);
    }
    for _ in 0..=CAPACITY {
        world::perform(Op::Register(Spec::Main), &window);
    }
    empty();
    judge::judge(&History::recorded()?)
}
