//! The threads that run hooks: the runner, its successors, and a thread in whose handler they run in place.

use crate::state::{End, Event, Stage, next};
use crate::world::{
    At, Bug, Death, Does, HOOKS, Hook, INTERRUPTED, LIMIT, NESTED, Now, Program, SECOND, Thread, World,
};

impl World {
    pub(crate) fn take_up(&self, now: &mut Now, thread: usize, choice: u8) -> Option<()> {
        match (now.word.stage(), choice) {
            (Stage::Interrupting, 0) => {
                now.threads[thread] = Thread::Runs { program: None, epoch: 0, at: At::Interrupt };
            }
            (Stage::Requested, 0) if !self.is(Bug::NotWoken) => {
                now.threads[thread] = Thread::Waking;
            }
            (Stage::Requested, SECOND) if self.is(Bug::NotWoken) => return None,
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn begin_hooks(&self, now: &mut Now, thread: usize, choice: u8) -> Option<()> {
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
    pub(crate) fn run(
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
            At::Finished => Self::end(now, thread, program),
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
            At::InterruptOver => self.end_interrupt(now, thread),
        }
        Some(())
    }

    pub(crate) fn end_interrupt(&self, now: &mut Now, thread: usize) {
        if let Some(word) = next(now.word, Event::Interrupted) {
            now.interrupts += 1;
            now.word = if self.is(Bug::GenerationStays) { self.begin().word } else { word };
            now.threads[thread] = Thread::Runner;
        } else {
            // An end was requested meanwhile: the runner takes it up.
            now.threads[thread] = if now.word.stage() == Stage::Requested { Thread::Runner } else { Thread::Ended };
        }
    }

    /// All is done: a signal ends the process here, and so does a requester that ran the hooks itself.
    pub(crate) fn end(now: &mut Now, thread: usize, program: Option<Program>) {
        now.threads[thread] = Thread::Ended;
        match (now.word.end(), program) {
            (End::Signal(number), _) => now.died = Some(Death::Signal(number.get())),
            (End::Exit, Some(Program::Exit)) => now.died = Some(Death::Exit(thread)),
            (End::Panic | End::Abort, Some(Program::Panic | Program::Abort)) => now.died = Some(Death::Abort),
            _ => {}
        }
    }

    /// Claims the hook that comes first: the newest.
    pub(crate) fn claim(&self, now: &mut Now) -> Option<usize> {
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

    pub(crate) fn in_hook(
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
            (Does::Return | Does::Fork, 0) => returns(now),
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

pub(crate) fn call(now: &mut Now, hook: usize) {
    now.hooks[hook] = Hook::Running;
    now.calls[hook] += 1;
    now.called_in_child |= now.is_child;
}
