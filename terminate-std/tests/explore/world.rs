//! What is explored: threads that end the process or interrupt it, hooks, and the runner, one atomic step at a time.
//!
//! The word moves by [`next`], the function of the program itself. The rest repeats, step by step, what `lifecycle` does around
//! it: a step is one access to something that threads share. `requests.rs` has the threads, `hooks.rs` those that run hooks.

use heapless::Vec;

use crate::state::{End, Event, State, next};

/// What a hook does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Does {
    Return,
    Exit,
    Abort,
    Register,
    Unregister,
    Never,
    Fork,
}

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    Exit,
    Panic,
    Abort,
    Term,
    Usr,
    Interrupt,
    Fork,
    Register,
    Unregister,
    Guard,
}

/// A bug that a property has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    GenerationStays,
    InterestReadTwice,
    NoSuccessor,
    ReplacedGoesOn,
    SuccessorChains,
    RequesterDoesNotWait,
    FollowerReturns,
    GuardsNotAwaited,
    ClosesNothing,
    OldestFirst,
    ClaimsByLook,
    ChildGoesOn,
    NotWoken,
}

/// One world: explored completely.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) threads: std::vec::Vec<Program>,
    pub(crate) hooks: [Does; 3],
    /// Whether the hooks may run in a handler: then there is no runner, unless there are interrupts or guards.
    pub(crate) handler_safe: bool,
    /// Whether a time limit may be over at any moment.
    pub(crate) limit: bool,
    pub(crate) bug: Option<Bug>,
}

pub(crate) const TERM: u8 = 15;
pub(crate) const USR: u8 = 10;
pub(crate) const INT: u8 = 2;
/// The hook that makes `INT` an interrupt, in worlds that have one.
pub(crate) const INTERRUPTED: usize = 1;
/// The place of a hook that a thread registers.
pub(crate) const LATE: usize = 3;
/// The place of a hook that a hook registers.
pub(crate) const NESTED: usize = 4;
pub(crate) const HOOKS: usize = 5;
/// The most threads that a program has, with the runner and its successors.
pub(crate) const THREADS: usize = 8;
/// How often time limits are over.
pub(crate) const LIMITS: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hook {
    Absent,
    Armed,
    Running,
    Ran,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Death {
    Exit(usize),
    /// By the thread that panicked or aborted.
    Abort,
    Signal(u8),
    HookAborted,
    /// By a signal that no hook requested.
    Default,
}

/// Where a thread is that runs hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    Check,
    Claim,
    In(usize),
    /// A hook called `exit`, where another thread is.
    Caught,
    Chain,
    Previous,
    CloseWord,
    CloseRegistry,
    CheckLast,
    ClaimLast,
    InLast(usize),
    Await,
    Finished,
    Interrupt,
    InInterrupt,
    InterruptOver,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Thread {
    Start(Program),
    Read(Program, State),
    /// With what the look at the hooks found, and how many interrupts were over by then.
    Look(Program, State, bool, u8),
    Waits(Program, bool),
    Runs {
        program: Option<Program>,
        epoch: u32,
        at: At,
    },
    Runner,
    Waking,
    Arms,
    Calls,
    Called,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "what the properties ask for")]
pub(crate) struct Now {
    pub(crate) word: State,
    pub(crate) hooks: [Hook; HOOKS],
    pub(crate) calls: [u8; HOOKS],
    /// Without memory of their own: for each step that is tried, a state is cloned.
    pub(crate) threads: Vec<Thread, THREADS>,
    pub(crate) closed: bool,
    pub(crate) guards: u8,
    pub(crate) first: Option<End>,
    pub(crate) requester: Option<usize>,
    pub(crate) died: Option<Death>,
    pub(crate) previous: u8,
    /// Hooks that a runner has called since it was replaced.
    pub(crate) claims_of_replaced: u32,
    pub(crate) limits: u8,
    /// How many interrupts are over.
    pub(crate) interrupts: u8,
    /// A runner was lost in a hook, which does not return, or not in time.
    pub(crate) lost: [bool; HOOKS],
    pub(crate) is_child: bool,
    pub(crate) called_in_child: bool,
    pub(crate) out_of_order: bool,
    /// An end has begun that no hook requested: by a signal that only interrupts, or by a hook that an interrupt had run.
    pub(crate) unrequested: bool,
}

/// A step: of a thread, with a choice where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) thread: usize,
    pub(crate) choice: u8,
}

pub(crate) const CHOICES: u8 = 3;
pub(crate) const SECOND: u8 = 1;
pub(crate) const LIMIT: u8 = 2;

impl World {
    pub(crate) fn begin(&self) -> Now {
        let mut word = State::ALIVE;
        let has_runner = !self.handler_safe || self.interrupts() || self.threads.contains(&Program::Guard);
        if has_runner {
            word = next(word, Event::NeedRunner).expect("it lives");
        }
        word = next(word, Event::AddHandled).expect("it lives");
        let mut threads: Vec<_, THREADS> = self.threads.iter().map(|program| Thread::Start(*program)).collect();
        if has_runner {
            threads.push(Thread::Runner).expect("there is room");
        }
        Now {
            word,
            hooks: [Hook::Armed, Hook::Armed, Hook::Armed, Hook::Absent, Hook::Absent],
            calls: [0; HOOKS],
            threads,
            closed: false,
            guards: 0,
            first: None,
            requester: None,
            died: None,
            previous: 0,
            claims_of_replaced: 0,
            limits: 0,
            interrupts: 0,
            lost: [false; HOOKS],
            is_child: false,
            called_in_child: false,
            out_of_order: false,
            unrequested: false,
        }
    }

    pub(crate) fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(crate) fn interrupts(&self) -> bool {
        self.threads.contains(&Program::Interrupt)
    }

    /// What a hook does; one that came late returns.
    pub(crate) fn does(&self, hook: usize) -> Does {
        self.hooks.get(hook).copied().unwrap_or(Does::Return)
    }

    /// Whether a hook requests that signal. In a world with interrupts, one hook requests them and `TERM`.
    pub(crate) fn requests(&self, hook: usize, number: u8) -> bool {
        if self.interrupts() { hook == INTERRUPTED && number != USR } else { number != INT }
    }

    pub(crate) fn is_requested(&self, now: &Now, number: u8) -> bool {
        (0..HOOKS).any(|hook| matches!(now.hooks[hook], Hook::Armed | Hook::Running) && self.requests(hook, number))
    }
}
