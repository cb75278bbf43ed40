//! What is explored: threads that end the process or interrupt it, hooks, and the runner, one atomic step at a time.
//!
//! The word moves by [`next`], the function of the program itself. The rest repeats, step by step, what `lifecycle` does around
//! it: a step is one access to something that threads share.

use crate::state::{End, Event, Stage, State, next};
use terminate_core::SignalNumber;

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
    pub(crate) threads: Vec<Program>,
    pub(crate) hooks: [Does; 3],
    /// Whether the hooks may run in a handler: then there is no runner.
    pub(crate) handler_safe: bool,
    /// Whether a time limit may be over at any moment.
    pub(crate) limit: bool,
    pub(crate) bug: Option<Bug>,
}

pub(crate) const TERM: u8 = 15;
pub(crate) const USR: u8 = 10;
pub(crate) const INT: u8 = 2;
/// The hook that makes `INT` an interrupt, in worlds that have one.
const INTERRUPTED: usize = 1;
/// The place of a hook that a thread registers.
const LATE: usize = 3;
/// The place of a hook that a hook registers.
const NESTED: usize = 4;
const HOOKS: usize = 5;
/// How often time limits are over.
const LIMITS: u8 = 2;

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
    Look(Program, State, bool),
    Waits(Program, bool),
    Runs { program: Option<Program>, epoch: u32, at: At },
    Runner,
    Waking,
    Arms,
    Calls,
    Called,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Now {
    pub(crate) word: State,
    pub(crate) hooks: [Hook; HOOKS],
    pub(crate) calls: [u8; HOOKS],
    pub(crate) threads: Vec<Thread>,
    pub(crate) closed: bool,
    pub(crate) guards: u8,
    pub(crate) first: Option<End>,
    pub(crate) requester: Option<usize>,
    pub(crate) died: Option<Death>,
    pub(crate) previous: u8,
    /// Hooks that a runner has called since it was replaced.
    pub(crate) claims_of_replaced: u32,
    pub(crate) limits: u8,
    /// A runner was lost in a hook, which does not return, or not in time.
    pub(crate) lost: [bool; HOOKS],
    pub(crate) is_child: bool,
    pub(crate) called_in_child: bool,
    pub(crate) out_of_order: bool,
    /// A signal that only interrupts has begun an end.
    pub(crate) unrequested: bool,
    pub(crate) handed_back: bool,
}

/// A step: of a thread, with a choice where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) thread: usize,
    pub(crate) choice: u8,
}

pub(crate) const CHOICES: u8 = 3;
const SECOND: u8 = 1;
const LIMIT: u8 = 2;

fn signal(number: u8) -> End {
    End::Signal(SignalNumber::new(number).expect("it is one"))
}

fn number(program: Program) -> u8 {
    match program {
        Program::Usr => USR,
        Program::Interrupt => INT,
        _ => TERM,
    }
}

impl World {
    pub(crate) fn begin(&self) -> Now {
        let mut word = State::ALIVE;
        if !self.handler_safe {
            word = next(word, Event::AddOrdinary).expect("it lives");
        }
        word = next(word, Event::AddHandled).expect("it lives");
        let mut threads: Vec<_> = self.threads.iter().map(|program| Thread::Start(*program)).collect();
        if !self.handler_safe {
            threads.push(Thread::Runner);
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
            lost: [false; HOOKS],
            is_child: false,
            called_in_child: false,
            out_of_order: false,
            unrequested: false,
            handed_back: false,
        }
    }

    fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn interrupts(&self) -> bool {
        self.threads.contains(&Program::Interrupt)
    }

    /// What a hook does; one that came late returns.
    fn does(&self, hook: usize) -> Does {
        self.hooks.get(hook).copied().unwrap_or(Does::Return)
    }

    /// Whether a hook requests that signal: the one of interrupts only that, the others all others.
    fn requests(&self, hook: usize, number: u8) -> bool {
        if self.interrupts() { (hook == INTERRUPTED) == (number == INT) } else { number != INT }
    }

    fn is_requested(&self, now: &Now, number: u8) -> bool {
        (0..HOOKS).any(|hook| matches!(now.hooks[hook], Hook::Armed | Hook::Running) && self.requests(hook, number))
    }

    /// The state after a step, if it can be taken.
    pub(crate) fn step(&self, before: &Now, step: Step) -> Option<Now> {
        if before.died.is_some() {
            return None;
        }
        let mut now = before.clone();
        let thread = step.thread;
        match *now.threads.get(thread)? {
            Thread::Start(program) => self.start(&mut now, thread, program, step.choice),
            Thread::Read(program, seen) => self.read(&mut now, thread, program, seen, step.choice),
            Thread::Look(program, seen, is_requested) => {
                self.exchange(&mut now, thread, program, seen, is_requested, step.choice)
            }
            Thread::Waits(program, decided) => self.wait(&mut now, thread, program, decided, step.choice),
            Thread::Runs { program, epoch, at } => self.run(&mut now, thread, program, epoch, at, step.choice),
            Thread::Runner => self.take_up(&mut now, thread, step.choice),
            Thread::Waking => self.begin_hooks(&mut now, thread, step.choice),
            Thread::Arms if step.choice == 0 => {
                let armed = !now.closed;
                now.hooks[LATE] = if armed { Hook::Armed } else { Hook::Absent };
                now.handed_back = !armed;
                now.threads[thread] = Thread::Ended;
                Some(())
            }
            Thread::Calls if step.choice == 0 => {
                now.threads[thread] = Thread::Called;
                if now.hooks[0] == Hook::Armed {
                    call(&mut now, 0);
                } else {
                    now.guards = now.guards.saturating_sub(1);
                    now.threads[thread] = Thread::Ended;
                }
                Some(())
            }
            Thread::Called if step.choice == 0 => {
                now.hooks[0] = Hook::Ran;
                now.guards = now.guards.saturating_sub(1);
                now.threads[thread] = Thread::Ended;
                Some(())
            }
            _ => None,
        }?;
        Some(now)
    }

    fn start(&self, now: &mut Now, thread: usize, program: Program, choice: u8) -> Option<()> {
        match (program, choice) {
            (Program::Fork, 0) => now.threads[thread] = Thread::Ended,
            (Program::Fork, SECOND) => {
                // The child has this thread alone, and calls `exit`: nothing of the parent's runs.
                now.is_child = true;
                now.threads = vec![Thread::Ended];
            }
            (Program::Unregister, 0) => {
                if now.hooks[INTERRUPTED] == Hook::Armed {
                    now.hooks[INTERRUPTED] = Hook::Absent;
                }
                now.threads[thread] = Thread::Ended;
            }
            (Program::Guard, 0) => {
                now.guards += 1;
                now.threads[thread] = Thread::Calls;
            }
            (Program::Register, 0) => {
                let event = if self.handler_safe { Event::AddHandled } else { Event::AddOrdinary };
                match next(now.word, event) {
                    Some(word) => {
                        now.word = word;
                        now.threads[thread] = if now.closed { Thread::Ended } else { Thread::Arms };
                    }
                    None => {
                        now.handed_back = true;
                        now.threads[thread] = Thread::Ended;
                    }
                }
            }
            (_, 0) => now.threads[thread] = Thread::Read(program, now.word),
            _ => return None,
        }
        Some(())
    }

    fn read(&self, now: &mut Now, thread: usize, program: Program, seen: State, choice: u8) -> Option<()> {
        if choice != 0 {
            return None;
        }
        let is_signal = matches!(program, Program::Term | Program::Usr | Program::Interrupt);
        if seen.is_ending() {
            if is_signal {
                // Requested when the end began: counted, and forgotten.
                now.threads[thread] = Thread::Ended;
                return Some(());
            }
            if let Some(word) = next(now.word, Event::SkipGrace) {
                now.word = word;
            }
            now.threads[thread] = Thread::Waits(program, false);
            return Some(());
        }
        if is_signal {
            let is_requested = self.is_requested(now, number(program));
            now.threads[thread] = Thread::Look(program, seen, is_requested);
            return Some(());
        }
        let end = match program {
            Program::Exit => End::Exit,
            Program::Panic => End::Panic,
            _ => End::Abort,
        };
        self.request(now, thread, program, seen, Event::Request(end, 0));
        Some(())
    }

    /// One look has decided about a signal; the exchange follows.
    fn exchange(
        &self,
        now: &mut Now,
        thread: usize,
        program: Program,
        seen: State,
        is_requested: bool,
        choice: u8,
    ) -> Option<()> {
        if choice != 0 {
            return None;
        }
        let number = number(program);
        if !is_requested {
            if now.word == seen {
                now.died = Some(Death::Default);
            } else {
                now.threads[thread] = Thread::Start(program);
            }
            return Some(());
        }
        let mut interrupts = number == INT;
        if self.is(Bug::InterestReadTwice) {
            interrupts &= self.is_requested(now, INT);
        }
        if seen.stage() == Stage::Interrupting && interrupts {
            now.threads[thread] = Thread::Ended;
            return Some(());
        }
        let event = if interrupts { Event::Interrupt } else { Event::Request(signal(number), 0) };
        self.request(now, thread, program, seen, event);
        if now.first == Some(signal(INT)) && now.limits == 0 {
            now.unrequested = true;
        }
        Some(())
    }

    fn request(&self, now: &mut Now, thread: usize, program: Program, seen: State, event: Event) {
        let seen = if self.is(Bug::GenerationStays) { now.word } else { seen };
        let Some(word) = next(seen, event).filter(|_| now.word == seen) else {
            now.threads[thread] = Thread::Start(program);
            return;
        };
        now.word = word;
        if word.is_ending() {
            now.first = Some(word.end());
        }
        let is_signal = matches!(program, Program::Term | Program::Usr | Program::Interrupt);
        if !is_signal {
            now.requester = Some(thread);
        }
        let at = if word.is_ending() { At::Check } else { At::Interrupt };
        now.threads[thread] = if word.is_in_place() && word.stage() != Stage::Requested {
            Thread::Runs { program: Some(program), epoch: 0, at }
        } else if is_signal {
            Thread::Ended
        } else {
            Thread::Waits(program, true)
        };
    }

    fn wait(&self, now: &mut Now, thread: usize, program: Program, decided: bool, choice: u8) -> Option<()> {
        let is_done = now.word.stage() == Stage::Done || self.is(Bug::RequesterDoesNotWait);
        match choice {
            0 if is_done && (decided || self.is(Bug::FollowerReturns)) => {
                now.died = Some(if program == Program::Exit { Death::Exit(thread) } else { Death::Abort });
            }
            0 if is_done => match now.word.end() {
                End::Signal(number) => now.died = Some(Death::Signal(number.get())),
                // The thread whose request was first ends the process.
                _ => now.threads[thread] = Thread::Ended,
            },
            // A supervisor in `exit` finds a hook that is caught there.
            SECOND if program == Program::Exit => {
                let is_caught = |thread: &Thread| matches!(thread, Thread::Runs { epoch, at: At::Caught, .. } if *epoch == now.word.epoch());
                if !now.threads.iter().any(is_caught) {
                    return None;
                }
                self.replace(now)?;
            }
            LIMIT if program != Program::Abort => self.limit(now)?,
            _ => return None,
        }
        Some(())
    }

    /// A time limit is over.
    fn limit(&self, now: &mut Now) -> Option<()> {
        if !self.limit || now.limits == LIMITS || now.word.is_in_place() {
            return None;
        }
        if now.word.stage() == Stage::Interrupting {
            now.word = next(now.word, Event::Request(signal(INT), 0))?;
            now.first = Some(signal(INT));
        }
        now.limits += 1;
        self.replace(now)
    }

    /// The runner is lost: a successor takes its place.
    fn replace(&self, now: &mut Now) -> Option<()> {
        let stage = now.word.stage();
        now.word = next(now.word, Event::Lose(now.word.epoch()))?;
        for hook in 0..HOOKS {
            now.lost[hook] |= now.hooks[hook] == Hook::Running;
        }
        if stage == Stage::Closed {
            now.guards = 0;
        }
        if !self.is(Bug::NoSuccessor) {
            let at = match stage {
                Stage::Requested | Stage::Running => At::Check,
                Stage::Chaining if self.is(Bug::SuccessorChains) => At::Previous,
                Stage::Chaining => At::CloseWord,
                _ => At::CloseRegistry,
            };
            now.threads.push(Thread::Runs { program: None, epoch: now.word.epoch(), at });
        }
        Some(())
    }

    fn take_up(&self, now: &mut Now, thread: usize, choice: u8) -> Option<()> {
        match (now.word.stage(), choice) {
            (Stage::Interrupting, 0) if !now.word.is_in_place() => {
                now.threads[thread] = Thread::Runs { program: None, epoch: 0, at: At::Interrupt };
            }
            (Stage::Requested, 0) if !now.word.is_in_place() && !self.is(Bug::NotWoken) => {
                now.threads[thread] = Thread::Waking;
            }
            (Stage::Requested, SECOND) if self.is(Bug::NotWoken) => return None,
            _ => return None,
        }
        Some(())
    }

    fn begin_hooks(&self, now: &mut Now, thread: usize, choice: u8) -> Option<()> {
        match choice {
            0 => {
                now.threads[thread] = match next(now.word, Event::Run(0)) {
                    Some(word) => {
                        now.word = word;
                        Thread::Runs { program: None, epoch: 0, at: At::Check }
                    }
                    None => Thread::Ended,
                };
                Some(())
            }
            // The timekeeper: a waker blocks.
            LIMIT => self.limit(now),
            _ => None,
        }
    }

    /// A thread that runs hooks.
    fn run(
        &self,
        now: &mut Now,
        thread: usize,
        program: Option<Program>,
        epoch: u32,
        at: At,
        choice: u8,
    ) -> Option<()> {
        if choice == LIMIT {
            // The timekeeper of a signal; a requester supervises in `wait`.
            let is_timed = now.requester.is_none() && epoch == now.word.epoch();
            return if is_timed { self.limit(now) } else { None };
        }
        let go = |now: &mut Now, at| now.threads[thread] = Thread::Runs { program, epoch, at };
        let stop = |now: &mut Now| now.threads[thread] = Thread::Ended;
        let is_current = |now: &Now| {
            (now.word.epoch() == epoch || self.is(Bug::ReplacedGoesOn)) && (!now.is_child || self.is(Bug::ChildGoesOn))
        };
        let advance = |now: &mut Now, event: Event, to| match next(now.word, event) {
            Some(word) if is_current(now) => {
                now.word = word;
                go(now, to);
            }
            _ => stop(now),
        };
        match at {
            At::In(hook) | At::InLast(hook) => {
                let back = if matches!(at, At::In(_)) { At::Check } else { At::CheckLast };
                return self.in_hook(now, thread, (program, epoch), hook, back, choice);
            }
            _ if choice != 0 => return None,
            At::Check if is_current(now) => go(now, At::Claim),
            At::CheckLast if is_current(now) => go(now, At::ClaimLast),
            At::Check | At::CheckLast => stop(now),
            At::Claim => match self.claim(now) {
                Some(hook) => {
                    now.claims_of_replaced += u32::from(epoch != now.word.epoch());
                    go(now, At::In(hook));
                }
                None => go(now, if matches!(now.word.end(), End::Signal(_)) { At::Chain } else { At::CloseWord }),
            },
            At::ClaimLast => match self.claim(now) {
                Some(hook) => go(now, At::InLast(hook)),
                None => go(now, At::Await),
            },
            At::Caught => return None,
            At::Chain => advance(now, Event::Chain(epoch), At::Previous),
            At::Previous => {
                now.previous += 1;
                go(now, At::CloseWord);
            }
            At::CloseWord => advance(now, Event::Close(epoch), At::CloseRegistry),
            At::CloseRegistry => {
                now.closed = !self.is(Bug::ClosesNothing);
                go(now, At::CheckLast);
            }
            At::Await if now.guards > 0 && !now.is_child && !self.is(Bug::GuardsNotAwaited) => return None,
            At::Await => advance(now, Event::Finish(epoch), At::Finished),
            At::Finished => self.end(now, thread, program),
            At::Interrupt => {
                let there = now.hooks[INTERRUPTED] == Hook::Armed;
                if there {
                    call(now, INTERRUPTED);
                }
                go(now, if there { At::InInterrupt } else { At::InterruptOver });
            }
            At::InInterrupt if self.does(INTERRUPTED) == Does::Never => return None,
            At::InInterrupt => {
                now.hooks[INTERRUPTED] = Hook::Ran;
                go(now, At::InterruptOver);
            }
            At::InterruptOver if !is_current(now) => stop(now),
            At::InterruptOver => self.end_interrupt(now, thread, program),
        }
        Some(())
    }

    fn end_interrupt(&self, now: &mut Now, thread: usize, program: Option<Program>) {
        if let Some(word) = next(now.word, Event::Interrupted) {
            now.word = if self.is(Bug::GenerationStays) { self.begin().word } else { word };
            now.threads[thread] = if program.is_some() { Thread::Ended } else { Thread::Runner };
        } else if program.is_none() {
            // An end was requested meanwhile: the runner takes it up.
            now.threads[thread] = if now.word.stage() == Stage::Requested { Thread::Runner } else { Thread::Ended };
        } else if let Some(word) = next(now.word, Event::Run(0)) {
            now.word = word;
            now.threads[thread] = Thread::Runs { program, epoch: 0, at: At::Check };
        } else {
            now.threads[thread] = Thread::Ended;
        }
    }

    /// All is done: a signal ends the process here, and so does a requester that ran the hooks itself.
    fn end(&self, now: &mut Now, thread: usize, program: Option<Program>) {
        now.threads[thread] = Thread::Ended;
        match (now.word.end(), program) {
            (End::Signal(number), _) => now.died = Some(Death::Signal(number.get())),
            (End::Exit, Some(Program::Exit)) => now.died = Some(Death::Exit(thread)),
            (End::Panic | End::Abort, Some(Program::Panic | Program::Abort)) => now.died = Some(Death::Abort),
            _ => {}
        }
    }

    /// Claims the hook that comes first: the newest.
    fn claim(&self, now: &mut Now) -> Option<usize> {
        let mut order = [4, 3, 2, 1, 0];
        if self.is(Bug::OldestFirst) {
            order.reverse();
        }
        let hook = order.into_iter().find(|hook| {
            now.hooks[*hook] == Hook::Armed || self.is(Bug::ClaimsByLook) && now.hooks[*hook] == Hook::Running
        })?;
        now.out_of_order |= now.hooks[hook + 1..].contains(&Hook::Armed);
        call(now, hook);
        Some(hook)
    }

    fn in_hook(
        &self,
        now: &mut Now,
        thread: usize,
        (program, epoch): (Option<Program>, u32),
        hook: usize,
        back: At,
        choice: u8,
    ) -> Option<()> {
        let returns = |now: &mut Now| {
            now.hooks[hook] = Hook::Ran;
            now.threads[thread] = Thread::Runs { program, epoch, at: back };
        };
        match (self.does(hook), choice) {
            (Does::Return, 0) => returns(now),
            (Does::Register, 0) => {
                if !now.closed {
                    now.hooks[NESTED] = Hook::Armed;
                }
                returns(now);
            }
            (Does::Unregister, 0) => {
                if now.hooks[0] == Hook::Armed {
                    now.hooks[0] = Hook::Absent;
                }
                returns(now);
            }
            (Does::Fork, 0) => returns(now),
            (Does::Fork, SECOND) if !now.is_child => {
                now.is_child = true;
                let here = now.threads[thread];
                now.threads.fill(Thread::Ended);
                now.threads[thread] = here;
                returns(now);
            }
            // In place, the hooks that are left run nested, in the exit handler.
            (Does::Exit, 0) if program.is_some() => returns(now),
            (Does::Exit, 0) => {
                let in_exit = |thread: &Thread| matches!(thread, Thread::Waits(Program::Exit, _));
                if now.threads.iter().any(in_exit) {
                    now.threads[thread] = Thread::Runs { program, epoch, at: At::Caught };
                } else {
                    if epoch == now.word.epoch() {
                        self.replace(now)?;
                    }
                    now.threads[thread] = Thread::Ended;
                }
            }
            (Does::Abort, 0) => {
                if self.handler_safe {
                    (0..HOOKS).filter(|hook| now.hooks[*hook] == Hook::Armed).collect::<Vec<_>>().into_iter().for_each(
                        |hook| {
                            call(now, hook);
                            now.hooks[hook] = Hook::Ran;
                        },
                    );
                }
                now.died = Some(Death::HookAborted);
            }
            _ => return None,
        }
        Some(())
    }
}

fn call(now: &mut Now, hook: usize) {
    now.hooks[hook] = Hook::Running;
    now.calls[hook] += 1;
    now.called_in_child |= now.is_child;
}
