//! The stepper: interrupts an operation at every one of its machine instructions, and looks at what came of it.
//!
//! # How it works
//!
//! A [`Scenario`] is a world in a known state, an operation on it (depth 0), one that interrupts it (depth 1), one that
//! interrupts that (depth 2), and a judgement at the end. The [`Stepper`] plays it in a process of its own:
//!
//! ```text
//! prepare ─► operation, one instruction at a time ────────────────────────────────────► check ─► exit
//!               │ trap 0         │ trap 1         │ trap 2        …
//!               └─ fork          └─ fork          └─ fork
//!                  depth 1          depth 1          depth 1      inside the trap's handler
//!                  the rest         the rest         the rest     of the operation, at full speed
//!                  check, exit      check, exit      check, exit
//! ```
//!
//! With the trap flag set, the processor raises a trap after every instruction, and Linux delivers SIGTRAP. The handler
//! forks. The child carries out the interrupting operation right there, in a signal handler on top of the interrupted
//! instruction, returns, finishes, and judges; the parent waits for the verdict, and lets the next instruction go. So
//! each boundary is visited once, in a world that nobody has touched before.
//!
//! For two levels the child steps the interrupting operation in the same way. There are too many pairs for all of them,
//! so a sample is drawn from a seed; [`Pairs`] says how large.
//!
//! A child that crashes or does not end is a violation too: it may use one second of the processor, and 30 in all.
//!
//! # What it proves, and what not
//!
//! For the program as compiled here, in the states of the scenarios: an interrupt between any two instructions of the
//! operation, from before its first to after its last, leads to a judgement without objections. Nothing is left to
//! chance at one level, and nothing depends on timing. Instructions are counted wherever they are, `memcpy` included.
//!
//! It says nothing of other threads and weak memory, which a single processor does not show to its own interrupts (the
//! loom models of the core are for that), nor of other compilers and targets.
//!
//! It is for `x86_64` Linux alone: there a program sets the trap flag for itself. On aarch64 single steps are the kernel's
//! to switch on, for a debugger (`ptrace(2)`, `PTRACE_SINGLESTEP`). That would be another stepper, and QEMU's user-mode
//! emulation, which has no `ptrace`, could not run it. So no aarch64 program is stepped.
//!
//! ```no_run
//! use terminate_fuzz::step::{Stepper, registry};
//!
//! for scenario in registry::scenarios() {
//!     let verdict = Stepper::new().run(&scenario)?;
//!     assert_eq!(verdict.violations, 0);
//! }
//! # Ok::<(), terminate_fuzz::step::StepError>(())
//! ```

use std::process::ExitStatus;

mod error;
pub mod registry;
mod verdict;

pub use error::StepError;
pub use verdict::{Failure, Instruction, Verdict};

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "linux", target_arch = "x86_64"))] {
        mod ending;
        mod here;
        mod place;
        mod report;
        mod stage;
        mod trap;
        use here::interrupted;
        use stage::{play, play_in_place};
        use trap::stepped;
    } else {
        fn play(_: &Stepper, _: &dyn Scenario) -> Result<Verdict, StepError> {
            Err(StepError::Unsupported)
        }

        fn play_in_place(_: &Stepper, _: &dyn Scenario) -> Result<Option<ExitStatus>, StepError> {
            Err(StepError::Unsupported)
        }

        fn stepped<R>(operation: impl FnOnce() -> R) -> R {
            operation()
        }

        fn interrupted<R>(operation: impl FnOnce() -> R, _: &mut dyn FnMut(usize) -> bool) -> R {
            operation()
        }
    }
}

/// A world, operations that interrupt each other in it, and a judgement.
///
/// Everything happens in a process forked for it, so the world may be made of statics. There is one thread.
pub trait Scenario: Sync {
    /// Puts the world into its state.
    fn prepare(&self);

    /// Carries out the operation of that depth, its heart inside [`Window::run`], and notes its result.
    ///
    /// From depth 1 on it is called in a signal handler that interrupted the operation above it, so that what is noted
    /// must be noted with atomics.
    fn perform(&self, depth: usize, window: &Window);

    /// Judges, when all operations have ended.
    ///
    /// # Errors
    ///
    /// What is wrong with the world.
    fn check(&self) -> Result<(), String>;
}

/// What of an operation is stepped.
#[derive(Debug)]
pub struct Window {
    stepped: bool,
    draw: u64,
}

impl Window {
    /// Runs `operation`, one instruction at a time if this operation is to be interrupted.
    pub fn run<R>(&self, operation: impl FnOnce() -> R) -> R {
        if self.stepped { stepped(operation) } else { operation() }
    }

    /// Nothing in it is stepped.
    const fn closed() -> Self {
        Self { stepped: false, draw: 0 }
    }

    /// A number that is drawn from the seed for this place, to choose an operation by.
    pub fn draw(&self) -> u64 {
        self.draw
    }
}

/// Who runs the heart of an operation: one instruction at a time, or not.
trait Conduct {
    fn run<R>(&self, operation: impl FnOnce() -> R) -> R;
}

impl Conduct for Window {
    fn run<R>(&self, operation: impl FnOnce() -> R) -> R {
        self.run(operation)
    }
}

/// How many pairs of boundaries are tried: inside the operation, and inside the one that interrupts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// None: one level.
    None,
    /// One in so many of the outer boundaries, and at each of them one in so many of the inner ones.
    OneIn(u64, u64),
}

/// Plays scenarios.
#[derive(Clone, Debug)]
pub struct Stepper {
    pairs: Pairs,
    seed: u64,
    at: Option<(usize, Option<usize>)>,
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        expect(dead_code, reason = "nothing is stepped")
    )]
    in_place: bool,
}

impl Stepper {
    /// Every boundary, one level.
    #[must_use]
    pub const fn new() -> Self {
        Self { pairs: Pairs::None, seed: 1, at: None, in_place: false }
    }

    /// Interrupts the interrupting operation too.
    #[must_use]
    pub const fn pairs(mut self, pairs: Pairs) -> Self {
        self.pairs = pairs;
        self
    }

    /// What the sample of pairs, and [`Window::draw`], depend on.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Only that boundary, or only that pair.
    #[must_use]
    pub const fn at(mut self, outer: usize, inner: Option<usize>) -> Self {
        self.at = Some((outer, inner));
        self
    }

    /// Plays the scenario.
    ///
    /// # Errors
    ///
    /// [`StepError::Unsupported`] everywhere but on `x86_64` Linux. The others mean that the scenario could not be
    /// played to its end; what the scenario finds is in the verdict.
    pub fn run(&self, scenario: &dyn Scenario) -> Result<Verdict, StepError> {
        play(self, scenario)
    }

    /// Interrupts the operation at one boundary, in the very process that was prepared and not in a fork of it, and says
    /// how that process ended; nothing if the operation has no such boundary.
    ///
    /// For what is tied to its process: the interrupting operation raises a real signal, say, and the end is the verdict.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn run_in_place(&self, scenario: &dyn Scenario, at: usize) -> Result<Option<ExitStatus>, StepError> {
        let stepper = Self { at: Some((at, None)), in_place: true, ..self.clone() };
        play_in_place(&stepper, scenario)
    }

    /// Whether to interrupt at boundary `at` of the operation of that depth; `outer` is where that one is itself.
    #[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), expect(dead_code, reason = "nothing is stepped"))]
    fn wants(&self, depth: usize, outer: usize, at: usize) -> bool {
        let one_in = |n: u64, salt: u64| self.draw(outer, at, salt).is_multiple_of(n.max(1));
        match (depth, self.at, self.pairs) {
            (0, Some((only, _)), _) => at == only,
            (0, None, Pairs::None) => true,
            (0, None, Pairs::OneIn(n, _)) => one_in(n, 0),
            (_, Some((_, only)), _) => only == Some(at),
            (_, None, Pairs::None) => false,
            (_, None, Pairs::OneIn(_, n)) => one_in(n, 1),
        }
    }

    /// Whether the operation of that depth is stepped.
    #[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), expect(dead_code, reason = "nothing is stepped"))]
    fn steps(&self, depth: usize) -> bool {
        depth == 0 || depth == 1 && self.at.map_or(self.pairs != Pairs::None, |(_, inner)| inner.is_some())
    }

    /// A number for a pair of boundaries: `splitmix64` of all that it depends on.
    fn draw(&self, outer: usize, inner: usize, salt: u64) -> u64 {
        let mut state = self.seed;
        for part in [outer as u64, inner as u64, salt] {
            state = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
            state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            state ^= state >> 31;
        }
        state
    }
}

impl Default for Stepper {
    fn default() -> Self {
        Self::new()
    }
}
