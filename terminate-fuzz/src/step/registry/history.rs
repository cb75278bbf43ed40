//! What happened, put together from the records when all of it is over: which operation was inside which, when each
//! hook was there, and when it was called and by whom.
//!
//! Times are places in the log. Operations are strictly nested, since one thread and its interrupts made them.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use terminate_core::{Cause, Context, HookId, Phase};

use super::record::{self, Event};
use super::spec::{CAUSES, Spec};
use super::world::{self, Outcome};

/// What an operation was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Register,
    Unregister,
    TakeAndCall,
    Run(Cause, Context),
}

#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    /// The hook that it was about; of a run, nothing.
    pub(super) hook: usize,
    pub(super) outcome: Outcome,
    /// Of a run's report: called, running elsewhere, left.
    pub(super) report: [usize; 3],
    pub(super) begin: usize,
    pub(super) end: usize,
    parent: Option<usize>,
    /// The hooks that it called, and when.
    pub(super) calls: Vec<(usize, usize)>,
}

#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) spec: Spec,
    pub(super) id: Option<HookId>,
    /// The operation that registered it.
    pub(super) by: usize,
    /// When it was called, with what cause, and by which operation.
    pub(super) calls: Vec<(usize, Option<Cause>, usize)>,
    pub(super) returned: usize,
    pub(super) dropped: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) ops: Vec<Operation>,
    pub(super) hooks: Vec<Hook>,
    events: Vec<Event>,
}

impl History {
    /// All that was recorded.
    ///
    /// # Errors
    ///
    /// If it makes no sense: an operation did not end, or a hook was called that there is none of.
    pub(super) fn recorded() -> Result<Self, String> {
        let events = record::events()?;
        let mut history = Self { events, ..Self::default() };
        history.ops = (0..record::ops_made()).map(operation).collect();
        history.hooks = (0..record::hooks_made()).map(hook).collect();
        let mut open: Vec<usize> = Vec::new();
        for (at, event) in history.events.iter().copied().enumerate() {
            match event {
                Event::Begin(number) => {
                    let op = &mut history.ops[number];
                    (op.begin, op.parent) = (at, open.last().copied());
                    if op.kind == Kind::Register {
                        history.hooks[op.hook].by = number;
                    }
                    open.push(number);
                }
                Event::End(number) => {
                    if open.pop() != Some(number) {
                        return Err(format!("operation {number} ended out of turn"));
                    }
                    history.ops[number].end = at;
                }
                Event::Call(number, cause) => {
                    let (Some(hook), Some(by)) = (history.hooks.get_mut(number), open.last().copied()) else {
                        return Err(format!("hook {number} was called, which there is none of"));
                    };
                    hook.calls.push((at, cause, by));
                    history.ops[by].calls.push((number, at));
                }
                Event::Return(number) => {
                    history.hooks.get_mut(number).ok_or("a hook returned that there is none of")?.returned = at;
                }
            }
        }
        if open.is_empty() { Ok(history) } else { Err(format!("the operations {open:?} did not end")) }
    }

    /// Whether the operation has begun and not ended at that time.
    pub(super) fn is_open(&self, op: usize, at: usize) -> bool {
        self.ops[op].begin < at && at < self.ops[op].end
    }

    /// The operations that had begun and not ended at that time, but for one.
    pub(super) fn open_but(&self, at: usize, but: usize) -> impl Iterator<Item = &Operation> {
        self.ops.iter().enumerate().filter(move |(op, _)| *op != but && self.is_open(*op, at)).map(|(_, op)| op)
    }

    /// When the operation could see the registry: at its beginning, and when one that interrupted it had ended.
    pub(super) fn instants(&self, op: usize) -> impl Iterator<Item = usize> {
        let inner = self.ops.iter().filter(move |inner| inner.parent == Some(op)).map(|inner| inner.end + 1);
        inner.chain([self.ops[op].begin])
    }

    /// When the hook was first called; never is after everything.
    pub(super) fn called(&self, hook: usize) -> usize {
        self.hooks[hook].calls.first().map_or(usize::MAX, |call| call.0)
    }

    /// The operations that took the hook back.
    pub(super) fn takers(&self, hook: usize) -> impl Iterator<Item = (usize, &Operation)> {
        self.ops.iter().enumerate().filter(move |(_, op)| op.hook == hook && op.outcome == Outcome::Taken)
    }

    /// Whether an operation other than `but` was taking the hook back at that time.
    pub(super) fn is_being_taken(&self, hook: usize, at: usize, but: usize) -> bool {
        self.open_but(at, but).any(|op| {
            matches!(op.kind, Kind::Unregister | Kind::TakeAndCall) && op.hook == hook && op.outcome == Outcome::Taken
        })
    }

    /// Whether a run other than `but` may have claimed the hook at that time, and not called it: it is the next.
    pub(super) fn is_next(&self, hook: usize, at: usize, but: usize) -> bool {
        self.open_but(at, but).any(|op| {
            let next = op.calls.iter().find(|call| call.1 > at);
            matches!(op.kind, Kind::Run(..)) && next.is_some_and(|call| call.0 == hook)
        })
    }

    /// Whether the hook was the last that a run other than `but` had called by then, and that run still went on.
    pub(super) fn is_latest(&self, hook: usize, at: usize, but: usize) -> bool {
        self.open_but(at, but).any(|op| {
            let latest = op.calls.iter().rfind(|call| call.1 < at);
            matches!(op.kind, Kind::Run(..)) && latest.is_some_and(|call| call.0 == hook)
        })
    }

    /// Whether the registration had ended well by then.
    pub(super) fn was_registered(&self, hook: usize, at: usize) -> bool {
        let by = &self.ops[self.hooks[hook].by];
        by.outcome == Outcome::Registered && by.end < at
    }

    /// Whether the hook was there at that time without any doubt: registered, and nobody had called or taken it or was
    /// about to.
    pub(super) fn is_there(&self, hook: usize, at: usize, but: usize) -> bool {
        self.was_registered(hook, at)
            && self.called(hook) > at
            && self.takers(hook).all(|(_, taker)| taker.begin > at)
            && !self.is_next(hook, at, but)
    }

    /// The order of calls: lower comes first.
    pub(super) fn comes_before(&self, hook: usize, other: usize) -> bool {
        let key = |hook: usize| (self.phase(hook), self.hooks[hook].id);
        let ((phase, id), (other_phase, other_id)) = (key(hook), key(other));
        let newer = id.zip(other_id).is_some_and(|(id, other)| id.is_newer_than(other));
        phase < other_phase || phase == other_phase && newer
    }

    fn phase(&self, hook: usize) -> Phase {
        self.hooks[hook].spec.phase()
    }

    /// All of it, for a person.
    pub(super) fn tell(&self) -> String {
        let mut text = String::new();
        let mut depth = 0;
        // The state of the registry was made by operations without an interrupt: only its end is of interest.
        for event in &self.events {
            let (now, line) = match *event {
                Event::Begin(op) => (depth, format!("{:?} of {}", self.ops[op].kind, self.ops[op].hook)),
                Event::End(op) => (depth - 1, format!("= {:?} {:?}", self.ops[op].outcome, self.ops[op].report)),
                Event::Call(hook, cause) => (depth, format!("call {hook} {:?} {cause:?}", self.hooks[hook].spec)),
                Event::Return(_) => continue,
            };
            let _ = writeln!(text, "{:1$}{line}", "", 2 * now + 2);
            depth = if matches!(event, Event::Begin(_)) { depth + 1 } else { now };
        }
        text
    }
}

fn operation(number: usize) -> Operation {
    let [kind, subject, outcome, report] = record::op(number).0.each_ref().map(|noted| noted.load(Relaxed));
    let cause = CAUSES.get(subject).copied().unwrap_or(Cause::Exit);
    let kind = match kind {
        world::KIND_REGISTER => Kind::Register,
        world::KIND_UNREGISTER => Kind::Unregister,
        world::KIND_TAKE => Kind::TakeAndCall,
        world::KIND_RUN => Kind::Run(cause, Context::Thread),
        _ => Kind::Run(cause, Context::Handler),
    };
    Operation {
        kind,
        hook: if matches!(kind, Kind::Run(..)) { usize::MAX } else { subject },
        outcome: Outcome::ALL[outcome],
        report: [report & 0xff, report >> 8 & 0xff, report >> 16],
        begin: 0,
        end: usize::MAX,
        parent: None,
        calls: Vec::new(),
    }
}

fn hook(number: usize) -> Hook {
    let record = record::hook(number);
    Hook {
        spec: record.spec(),
        id: record.id(),
        by: 0,
        calls: Vec::new(),
        returned: 0,
        dropped: record.dropped.load(Relaxed),
    }
}
