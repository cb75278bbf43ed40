//! The reference model: a vector of hooks, and at every step a search for the best.

use terminate_core::{Cause, Context};

use crate::ops::{Ending, Event, Hook, MOST_OPS, Op, Outcome, Which};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reserved,
    Armed,
    Running,
    Gone,
}

#[derive(Debug)]
struct Entry {
    hook: Hook,
    /// The hook's number among all attempts to register one.
    serial: usize,
    state: State,
}

/// What a registry of a given capacity should do.
#[derive(Debug)]
pub struct Model {
    capacity: usize,
    /// Every registration, oldest first: an index is an id, and the order of registration.
    entries: Vec<Entry>,
    serials: usize,
    ops: usize,
    closed: bool,
    events: Vec<Event>,
}

impl Model {
    /// An empty registry of that capacity.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Vec::new(), serials: 0, ops: 0, closed: false, events: Vec::new() }
    }

    /// Carries out the operation, outside of any hook.
    pub fn step(&mut self, op: &Op) {
        self.op(op, None);
        let armed: Vec<usize> = self.entries.iter().filter(|e| e.state == State::Armed).map(|e| e.serial).collect();
        let len = armed.len();
        self.events.push(Event::Armed(armed, len));
    }

    /// Drops the registry; the events of its life.
    pub fn end(mut self) -> Vec<Event> {
        self.events.push(Event::End);
        let left = self.entries.iter().filter(|e| e.state == State::Armed);
        self.events.extend(left.map(|e| Event::Dropped(e.serial)));
        self.events
    }

    /// `own` is the registration of the hook that is being called, which is what it registers again.
    fn op(&mut self, op: &Op, own: Option<usize>) {
        if self.ops == MOST_OPS {
            return;
        }
        self.ops += 1;
        match op {
            Op::Register(hook) => self.register(hook),
            Op::RegisterAgain => {
                if let Some(own) = own {
                    self.register(&self.entries[own].hook.clone());
                }
            }
            Op::Reserve { hook, meanwhile, arm } => {
                let reserved = self.reserve(hook);
                if let Ok(id) = reserved {
                    self.events.push(Event::Reserved(self.entries[id].serial));
                }
                self.ops_of(meanwhile, own);
                match reserved {
                    Ok(id) if *arm => self.arm(id),
                    Ok(id) => {
                        self.entries[id].state = State::Gone;
                        self.events.push(Event::Dropped(self.entries[id].serial));
                    }
                    Err(refusal) => self.refuse(refusal),
                }
            }
            Op::Unregister(which) => {
                if let Some(id) = self.take(*which, own) {
                    self.events.push(Event::Dropped(self.entries[id].serial));
                }
            }
            Op::TakeAndCall(which, cause) => {
                if let Some(id) = self.take(*which, own) {
                    self.call(id, *cause);
                }
            }
            Op::Run(ending) => self.run(*ending),
            Op::Close => self.closed = true,
        }
    }

    fn ops_of(&mut self, program: &[Op], own: Option<usize>) {
        for op in program {
            self.op(op, own);
        }
    }

    /// The registration, or the event that refuses it.
    fn reserve(&mut self, hook: &Hook) -> Result<usize, Event> {
        let serial = self.serials;
        self.serials += 1;
        if self.closed {
            return Err(Event::Closed(serial));
        }
        if self.entries.iter().filter(|e| e.state != State::Gone).count() == self.capacity {
            return Err(Event::Full(serial));
        }
        self.entries.push(Entry { hook: hook.clone(), serial, state: State::Reserved });
        Ok(self.entries.len() - 1)
    }

    fn register(&mut self, hook: &Hook) {
        match self.reserve(hook) {
            Ok(id) => self.arm(id),
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn arm(&mut self, id: usize) {
        let Entry { serial, state, .. } = &mut self.entries[id];
        *state = if self.closed { State::Gone } else { State::Armed };
        let serial = *serial;
        if self.closed {
            self.refuse(Event::Closed(serial));
        } else {
            self.events.push(Event::Registered(serial));
        }
    }

    /// The hook comes back, and is dropped.
    fn refuse(&mut self, refusal: Event) {
        let dropped = match refusal {
            Event::Full(serial) | Event::Closed(serial) => Some(Event::Dropped(serial)),
            _ => None,
        };
        self.events.push(refusal);
        self.events.extend(dropped);
    }

    fn take(&mut self, which: Which, own: Option<usize>) -> Option<usize> {
        let id = which.of(self.entries.len(), own)?;
        let entry = &mut self.entries[id];
        let outcome = match entry.state {
            State::Armed => Outcome::Taken,
            State::Running => Outcome::Running,
            State::Reserved | State::Gone => Outcome::Stale,
        };
        self.events.push(Event::Taken(entry.serial, outcome));
        (outcome == Outcome::Taken).then(|| {
            entry.state = State::Gone;
            id
        })
    }

    fn call(&mut self, id: usize, cause: Cause) {
        let Entry { hook, serial, .. } = &self.entries[id];
        let (program, serial) = (hook.program.clone(), *serial);
        self.events.push(Event::Called(serial, cause));
        self.ops_of(&program, Some(id));
        self.events.push(Event::Dropped(serial));
    }

    fn run(&mut self, ending: Ending) {
        let begun = self.entries.len();
        let mut extra = self.capacity;
        let mut ran = 0;
        loop {
            let asks = |entry: &Entry| entry.state == State::Armed && ending.wants(entry.hook.triggers);
            let may = |id: usize, entry: &Entry| {
                (ending.context == Context::Thread || entry.hook.handler_safe) && (id < begun || extra > 0)
            };
            let all = || self.entries.iter().enumerate().filter(|(_, entry)| asks(entry));
            let best =
                all().filter(|(id, entry)| may(*id, entry)).min_by_key(|(id, e)| (e.hook.phase, usize::MAX - id));
            let Some(id) = best.map(|(id, _)| id) else {
                let left = all().count();
                let running_elsewhere = self.entries.iter().filter(|e| e.state == State::Running).count();
                self.events.push(Event::Ran { ran, running_elsewhere, left });
                return;
            };
            extra -= usize::from(id >= begun);
            ran += 1;
            self.entries[id].state = State::Running;
            self.call(id, ending.cause);
            self.entries[id].state = State::Gone;
        }
    }
}
