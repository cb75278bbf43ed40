//! Any sequence of operations on the registry, with any number of interrupts, inside each other too.

use super::conclude;
use super::record;
use super::world::{self, Op};
use crate::step::{Conduct, interrupted};

/// How many steps a program may have, interrupts included.
pub const MOST_STEPS: usize = 40;

/// Steps on a fresh registry, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program(pub Vec<Step>);

/// An operation, and what interrupts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The operation.
    pub op: Op,
    /// The interrupts, in the order in which they come.
    pub interrupts: Vec<Interrupt>,
}

/// A step in the middle of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// After how many instructions, counted from the last interrupt of the same step. If the step has not so many, this
    /// interrupt and those after it never come.
    pub after: usize,
    /// What is done there.
    pub step: Step,
}

impl Program {
    /// Carries it out in this process, and judges it, as [the module](super) says.
    ///
    /// From the first call on, SIGTRAP is caught by this. Interrupts come on `x86_64` Linux alone; elsewhere the operations
    /// are carried out without them.
    ///
    /// # Errors
    ///
    /// What is wrong, with all that happened; or that the program is longer than [`MOST_STEPS`].
    pub fn play(&self) -> Result<(), String> {
        if self.0.iter().map(Step::len).sum::<usize>() > MOST_STEPS {
            return Err(format!("more than {MOST_STEPS} steps"));
        }
        let _turn = record::turn();
        // SAFETY: no other program is playing, and whatever there was before is over.
        unsafe { world::reset() };
        self.0.iter().for_each(Step::perform);
        conclude()
    }
}

impl Step {
    /// How many steps it is, interrupts included.
    fn len(&self) -> usize {
        1 + self.interrupts.iter().map(|interrupt| interrupt.step.len()).sum::<usize>()
    }

    fn perform(&self) {
        world::perform(self.op, &Interrupted(&self.interrupts));
    }
}

struct Interrupted<'p>(&'p [Interrupt]);

impl Conduct for Interrupted<'_> {
    fn run<R>(&self, operation: impl FnOnce() -> R) -> R {
        let mut rest = self.0;
        let Some(mut next) = rest.first().map(|interrupt| interrupt.after) else { return operation() };
        interrupted(operation, &mut |boundary| {
            while boundary == next
                && let Some((interrupt, later)) = rest.split_first()
            {
                interrupt.step.perform();
                rest = later;
                next += rest.first().map_or(0, |interrupt| interrupt.after);
            }
            !rest.is_empty()
        })
    }
}

#[cfg(test)]
mod tests {
    use terminate_core::{Cause, Context};

    use super::super::{Op, Spec, Target};
    use super::{Interrupt, MOST_STEPS, Program, Step};

    fn step(op: Op) -> Step {
        Step { op, interrupts: Vec::new() }
    }

    fn run_interrupted(after: usize, by: Step) -> Program {
        let run = Step { op: Op::Run(Cause::Exit, Context::Thread), interrupts: vec![Interrupt { after, step: by }] };
        Program(vec![step(Op::Register(Spec::Main)), step(Op::Register(Spec::Last)), run])
    }

    #[test]
    fn a_program_with_an_interrupt_inside_an_interrupt_is_content() {
        let mut by = step(Op::Unregister(Target::Back(0)));
        by.interrupts.push(Interrupt { after: 20, step: step(Op::Register(Spec::First)) });
        for after in 0..200 {
            run_interrupted(after, by.clone()).play().unwrap();
        }
    }

    #[test]
    fn hooks_that_a_run_leaves_because_more_came_than_it_may_call_are_said_to_be_left() {
        for after in (0..2000).step_by(20) {
            let comes = Interrupt { after, step: step(Op::Register(Spec::Main)) };
            let run = Step { op: Op::Run(Cause::Exit, Context::Thread), interrupts: vec![comes; 9] };
            Program(vec![step(Op::Register(Spec::Main)), run]).play().unwrap();
        }
    }

    #[test]
    fn a_program_that_is_too_long_is_refused() {
        let program = Program(vec![step(Op::Register(Spec::Main)); MOST_STEPS + 1]);
        assert!(program.play().unwrap_err().contains("more than"));
    }
}
