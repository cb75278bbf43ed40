//! Carries out a script: on the model, and on a registry.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use terminate_core::{Cause, HookId, RegisterError, Registry, ReserveError, UnregisterError};

use crate::model::Model;
use crate::ops::{Event, Hook, MOST_OPS, Op, Outcome, Script, Which};

/// What should be seen of a registry of that capacity.
pub fn expected(script: &Script, capacity: usize) -> Vec<Event> {
    let mut model = Model::new(capacity);
    script.0.iter().for_each(|op| model.step(op));
    model.end()
}

/// What is seen of a registry with `N` slots.
pub fn observed<const N: usize>(script: &Script) -> Vec<Event> {
    let journal = Arc::new(Mutex::new(Journal::default()));
    let world = Arc::new(World::<N> { registry: Registry::new(), journal: journal.clone() });
    for op in &script.0 {
        world.op(op, None);
        world.look();
    }
    open(&journal).events.push(Event::End);
    // The hooks that are left have but a weak reference to it, so this drops the registry.
    drop(world);
    let mut events = std::mem::take(&mut open(&journal).events);
    // In which order a registry drops them is its own business.
    if let Some(end) = events.iter().rposition(|event| *event == Event::End) {
        events[end..].sort_by_key(|event| if let Event::Dropped(serial) = event { serial + 1 } else { 0 });
    }
    events
}

/// What has happened so far.
#[derive(Debug, Default)]
struct Journal {
    events: Vec<Event>,
    /// Every id that was handed out, with the serial number of its hook.
    ids: Vec<(HookId, usize)>,
    serials: usize,
    ops: usize,
}

fn open(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct World<const N: usize> {
    registry: Registry<N>,
    journal: Arc<Mutex<Journal>>,
}

fn refusal(serial: usize, error: &RegisterError<3>) -> Event {
    if matches!(error, RegisterError::Closed(_)) { Event::Closed(serial) } else { Event::Full(serial) }
}

/// What a hook captures.
struct Captured<const N: usize> {
    world: std::sync::Weak<World<N>>,
    journal: Arc<Mutex<Journal>>,
    hook: Hook,
    serial: usize,
}

impl<const N: usize> Drop for Captured<N> {
    fn drop(&mut self) {
        open(&self.journal).events.push(Event::Dropped(self.serial));
    }
}

impl<const N: usize> Captured<N> {
    fn call(&self, cause: Cause) {
        open(&self.journal).events.push(Event::Called(self.serial, cause));
        if let Some(world) = self.world.upgrade() {
            for op in &self.hook.program {
                world.op(op, Some(self));
            }
        }
    }
}

impl<const N: usize> World<N> {
    fn note(&self, event: Event) {
        open(&self.journal).events.push(event);
    }

    fn op(self: &Arc<Self>, op: &Op, own: Option<&Captured<N>>) {
        {
            let mut journal = open(&self.journal);
            if journal.ops == MOST_OPS {
                return;
            }
            journal.ops += 1;
        }
        match op {
            Op::Register(hook) => self.register(hook),
            Op::RegisterAgain => {
                if let Some(own) = own {
                    self.register(&own.hook);
                }
            }
            Op::Reserve { hook, meanwhile, arm } => {
                let (serial, hook) = self.hook(hook);
                let reservation = self.registry.reserve();
                if let Ok(reservation) = &reservation {
                    open(&self.journal).ids.push((reservation.id(), serial));
                    self.note(Event::Reserved(serial));
                }
                for op in meanwhile {
                    self.op(op, own);
                }
                match reservation {
                    Ok(reservation) if *arm => {
                        let armed = reservation.arm(hook);
                        self.note(
                            armed.as_ref().map_or_else(|error| refusal(serial, error), |_| Event::Registered(serial)),
                        );
                        drop(armed);
                    }
                    Ok(reservation) => drop((reservation, hook)),
                    Err(error) => {
                        self.note(if error == ReserveError::Closed {
                            Event::Closed(serial)
                        } else {
                            Event::Full(serial)
                        });
                        drop(hook);
                    }
                }
            }
            Op::Unregister(which) => {
                if let Some((id, serial)) = self.id(*which, own) {
                    // Taken and dropped, so that the drop is noted after the outcome.
                    drop(self.take(id, serial));
                }
            }
            Op::TakeAndCall(which, cause) => {
                if let Some(hook) = self.id(*which, own).and_then(|(id, serial)| self.take(id, serial)) {
                    hook.call(*cause);
                }
            }
            Op::Run(ending) => {
                let report = match ending.wanted {
                    None => self.registry.run(ending.cause, ending.context),
                    Some(wanted) => self.registry.run_any(wanted, ending.cause, ending.context),
                };
                let (ran, running_elsewhere, left) = (report.ran, report.running_elsewhere, report.left);
                self.note(Event::Ran { ran, running_elsewhere, left });
            }
            Op::Close => self.registry.close(),
        }
    }

    fn hook(self: &Arc<Self>, hook: &Hook) -> (usize, terminate_core::Hook) {
        let mut journal = open(&self.journal);
        let serial = journal.serials;
        journal.serials += 1;
        let captured = Box::new(Captured {
            world: Arc::downgrade(self),
            journal: self.journal.clone(),
            hook: hook.clone(),
            serial,
        });
        let f = move |cause| captured.call(cause);
        let new = if hook.handler_safe {
            // SAFETY: the registry is run on ordinary threads alone; the handler context is one by name.
            unsafe { terminate_core::Hook::handler_safe(f) }
        } else {
            terminate_core::Hook::new(f)
        };
        (serial, new.triggers(hook.triggers).phase(hook.phase))
    }

    fn register(self: &Arc<Self>, hook: &Hook) {
        let (serial, hook) = self.hook(hook);
        match self.registry.register(hook) {
            Ok(id) => {
                open(&self.journal).ids.push((id, serial));
                self.note(Event::Registered(serial));
            }
            Err(error) => {
                self.note(refusal(serial, &error));
                drop(error);
            }
        }
    }

    fn id(&self, which: Which, own: Option<&Captured<N>>) -> Option<(HookId, usize)> {
        let journal = open(&self.journal);
        let own = own.and_then(|own| journal.ids.iter().position(|(_, serial)| *serial == own.serial));
        which.of(journal.ids.len(), own).and_then(|at| journal.ids.get(at).copied())
    }

    fn take(&self, id: HookId, serial: usize) -> Option<terminate_core::Hook> {
        let taken = self.registry.take(id);
        let outcome = match &taken {
            Ok(_) => Outcome::Taken,
            Err(UnregisterError::Running) => Outcome::Running,
            Err(_) => Outcome::Stale,
        };
        self.note(Event::Taken(serial, outcome));
        taken.ok()
    }

    /// Notes which hooks are armed, by `contains`, after a check that `ids` says the same.
    fn look(&self) {
        let mut journal = open(&self.journal);
        let armed = |(id, serial): &(HookId, usize)| self.registry.contains(*id).then_some(*serial);
        let armed: Vec<usize> = journal.ids.iter().filter_map(armed).collect();
        let mut listed: Vec<usize> = Vec::new();
        for listed_id in self.registry.ids() {
            assert!(listed_id.slot() < self.registry.capacity());
            listed.extend(journal.ids.iter().filter(|(id, _)| *id == listed_id).map(|(_, serial)| serial));
        }
        listed.sort_unstable();
        assert_eq!(listed, armed, "`ids` and `contains` differ");
        assert_eq!(armed.is_empty(), self.registry.is_empty());
        journal.events.push(Event::Armed(armed, self.registry.len()));
    }
}
