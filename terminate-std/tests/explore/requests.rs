//! The threads of a world: what they request, how they wait, and how a lost runner is replaced.

use terminate_core::SignalNumber;

use crate::hooks::call;
use crate::state::{End, Event, Stage, State, next};
use crate::world::{
    At, Bug, Death, HOOKS, Hook, INT, INTERRUPTED, LATE, LIMIT, LIMITS, Now, Program, SECOND, Step, TERM, Thread, USR,
    World,
};

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
            Thread::Look(program, seen, is_requested, interrupts) => {
                self.exchange(&mut now, (thread, program), seen, (is_requested, interrupts), step.choice)
            }
            Thread::Waits(program, decided) => self.wait(&mut now, thread, program, decided, step.choice),
            Thread::Runs { program, epoch, at } => self.run(&mut now, thread, program, epoch, at, step.choice),
            Thread::Runner => self.take_up(&mut now, thread, step.choice),
            Thread::Waking => self.begin_hooks(&mut now, thread, step.choice),
            Thread::Arms if step.choice == 0 => {
                let armed = !now.closed;
                now.hooks[LATE] = if armed { Hook::Armed } else { Hook::Absent };
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

    pub(crate) fn start(&self, now: &mut Now, thread: usize, program: Program, choice: u8) -> Option<()> {
        match (program, choice) {
            (Program::Fork, 0) => now.threads[thread] = Thread::Ended,
            (Program::Fork, SECOND) => {
                // The child has this thread alone, and calls `exit`: nothing of the parent's runs.
                now.is_child = true;
                now.threads.truncate(1);
                now.threads[0] = Thread::Ended;
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
                let event = if self.handler_safe { Event::AddHandled } else { Event::NeedRunner };
                if let Some(word) = next(now.word, event) {
                    now.word = word;
                    now.threads[thread] = if now.closed { Thread::Ended } else { Thread::Arms };
                } else {
                    now.threads[thread] = Thread::Ended;
                }
            }
            (_, 0) => now.threads[thread] = Thread::Read(program, now.word),
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn read(&self, now: &mut Now, thread: usize, program: Program, seen: State, choice: u8) -> Option<()> {
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
            now.threads[thread] = Thread::Look(program, seen, is_requested, now.interrupts);
            return Some(());
        }
        let end = match program {
            Program::Exit => End::Exit,
            Program::Panic => End::Panic,
            _ => End::Abort,
        };
        Self::request(now, thread, program, seen, Event::Request(end, 0));
        Some(())
    }

    /// One look has decided about a signal; the exchange follows.
    pub(crate) fn exchange(
        &self,
        now: &mut Now,
        (thread, program): (usize, Program),
        seen: State,
        (is_requested, interrupts_before): (bool, u8),
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
        Self::request(now, thread, program, seen, event);
        let is_by_stale_look = now.interrupts != interrupts_before && !self.is_requested(now, number);
        let is_begun = now.first == Some(signal(number)) && !matches!(now.threads[thread], Thread::Start(_));
        now.unrequested |= is_begun && (number == INT || is_by_stale_look) && now.limits == 0;
        Some(())
    }

    pub(crate) fn request(now: &mut Now, thread: usize, program: Program, seen: State, event: Event) {
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
        now.threads[thread] = if word.is_in_place() {
            Thread::Runs { program: Some(program), epoch: 0, at: At::Check }
        } else if is_signal {
            Thread::Ended
        } else {
            Thread::Waits(program, true)
        };
    }

    pub(crate) fn wait(&self, now: &mut Now, thread: usize, program: Program, decided: bool, choice: u8) -> Option<()> {
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
    pub(crate) fn limit(&self, now: &mut Now) -> Option<()> {
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
    pub(crate) fn replace(&self, now: &mut Now) -> Option<()> {
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
            let successor = Thread::Runs { program: None, epoch: now.word.epoch(), at };
            now.threads.push(successor).expect("there is room");
        }
        Some(())
    }
}
