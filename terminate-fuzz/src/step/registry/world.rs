//! The registry under test, its states, and the operations on it, each noted with its result.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use terminate_core::{Cause, Context, Hook, HookId, RegisterError, Registry, Report, UnregisterError};

use super::record::{self, Event};
use super::spec::{CAUSES, Spec};
use crate::step::{Conduct, Window};

/// How many hooks the registry has room for.
pub(super) const CAPACITY: usize = 6;

/// Replaced by [`reset`] alone.
struct World(UnsafeCell<Registry<CAPACITY>>);

// SAFETY: a registry is `Sync`; and nobody uses it while it is replaced, says whoever does that.
unsafe impl Sync for World {}

static WORLD: World = World(UnsafeCell::new(Registry::new()));

fn registry() -> &'static Registry<CAPACITY> {
    // SAFETY: it is replaced only while nobody has a reference to it.
    unsafe { &*WORLD.0.get() }
}

/// Makes the registry as new, and forgets what was recorded.
///
/// # Safety
///
/// Nobody uses either meanwhile, or the hooks that were in it again.
pub(super) unsafe fn reset() {
    // SAFETY: nobody uses it, says the caller. What was in it is not dropped: it owns nothing.
    unsafe { WORLD.0.get().write(Registry::new()) };
    record::reset();
}

/// What a hook captures.
struct Token(usize);

impl Token {
    fn call(self, cause: Cause) {
        record::note(Event::Call(self.0, Some(cause)));
        record::note(Event::Return(self.0));
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        record::hook(self.0).dropped.fetch_add(1, Relaxed);
    }
}

fn make(number: usize, spec: Spec) -> Hook {
    let token = Token(number);
    let call = move |cause| token.call(cause);
    let hook = if spec.handler_safe() {
        // SAFETY: calling and dropping it are a few atomic operations.
        unsafe { Hook::handler_safe(call) }
    } else {
        Hook::new(call)
    };
    hook.triggers(spec.triggers()).phase(spec.phase())
}

/// An operation on the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Registers a hook.
    Register(Spec),
    /// The same in two steps, with the id known to others in between.
    Reserve(Spec),
    /// Unregisters a hook.
    Unregister(Target),
    /// Takes a hook, and calls it for an exit.
    Take(Target),
    /// Runs the registry. Any cause but exit, panic and [`SIGNAL`](super::SIGNAL) counts as exit.
    Run(Cause, Context),
}

/// Whose id is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// In a scenario: the hook that a run would call first; with [`Op::Reserve`], the one that is being registered.
    Concerned,
    /// In a scenario: the hook that a run would call last.
    Other,
    /// The hook of that number.
    Number(usize),
    /// Counted from the latest backwards, modulo how many there are.
    Back(usize),
}

static CONCERNED: AtomicUsize = AtomicUsize::new(0);
static OTHER: AtomicUsize = AtomicUsize::new(0);

/// What the registry is like when the operation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Empty,
    One,
    OneFree,
    Full,
    Fragmented,
}

impl State {
    pub(super) const ALL: [Self; 5] = [Self::Empty, Self::One, Self::OneFree, Self::Full, Self::Fragmented];

    /// Puts a fresh registry into this state.
    pub(super) fn prepare(self) {
        // SAFETY: this is the one thread of a process that was forked for a scenario, and that has not begun.
        unsafe { reset() };
        let window = Window::closed();
        let register = |spec| perform(Op::Register(spec), &window);
        let unregister = |number| perform(Op::Unregister(Target::Number(number)), &window);
        // Gone again, so that there are stale ids and slots that have been used.
        register(Spec::Signal);
        register(Spec::Signal);
        unregister(0);
        unregister(1);
        match self {
            Self::Empty => {}
            Self::One => register(Spec::Main),
            Self::OneFree | Self::Full => {
                [Spec::Signal, Spec::First, Spec::Main, Spec::Last, Spec::Panic, Spec::Main]
                    .into_iter()
                    .for_each(register);
                if self == Self::OneFree {
                    unregister(2);
                }
            }
            Self::Fragmented => {
                [Spec::Main, Spec::First, Spec::Signal, Spec::Last, Spec::Main, Spec::Panic]
                    .into_iter()
                    .for_each(register);
                [7, 5, 4, 2].into_iter().for_each(unregister);
                // Into the slot of the hook that was unregistered last: the order is not that of the slots any more.
                register(Spec::Signal);
            }
        }
        let mut armed: Vec<usize> = (0..record::hooks_made()).filter(|n| is_armed(*n)).collect();
        armed.sort_by_key(|number| (record::hook(*number).spec().phase(), usize::MAX - number));
        CONCERNED.store(armed.first().copied().unwrap_or(0), Relaxed);
        OTHER.store(armed.last().copied().filter(|_| armed.len() > 1).unwrap_or(1), Relaxed);
    }
}

pub(super) fn is_armed(number: usize) -> bool {
    record::hook(number).id().is_some_and(|id| registry().contains(id))
}

/// What came of an operation, as noted in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Outcome {
    Registered,
    Full,
    Taken,
    Running,
    Stale,
    Ran,
}

impl Outcome {
    pub(super) const ALL: [Self; 6] =
        [Self::Registered, Self::Full, Self::Taken, Self::Running, Self::Stale, Self::Ran];
}

/// Carries out the operation, and notes it: its kind, its hook or cause, the outcome, and a run's report.
pub(super) fn perform(op: Op, window: &impl Conduct) {
    if matches!(op, Op::Unregister(_) | Op::Take(_)) && record::hooks_made() == 0 {
        return;
    }
    let number = record::new_op();
    let (kind, subject) = match op {
        Op::Register(spec) | Op::Reserve(spec) => (KIND_REGISTER, record::new_hook(spec)),
        Op::Unregister(target) => (KIND_UNREGISTER, target.number()),
        Op::Take(target) => (KIND_TAKE, target.number()),
        Op::Run(cause, context) => {
            let cause = CAUSES.iter().position(|known| *known == cause).unwrap_or(0);
            (if context == Context::Thread { KIND_RUN } else { KIND_RUN_IN_HANDLER }, cause)
        }
    };
    let [kind_noted, subject_noted, outcome_noted, report_noted] = &record::op(number).0;
    kind_noted.store(kind, Relaxed);
    subject_noted.store(subject, Relaxed);
    record::note(Event::Begin(number));
    let outcome = match op {
        Op::Register(spec) => {
            let hook = make(subject, spec);
            registered(subject, window.run(|| register(hook)).ok())
        }
        Op::Reserve(spec) => {
            let hook = make(subject, spec);
            registered(subject, window.run(|| reserve_and_arm(subject, hook)))
        }
        Op::Unregister(_) => taken(record::hook(subject).id().map(|id| window.run(|| unregister(id)))),
        Op::Take(_) => taken(record::hook(subject).id().map(|id| window.run(|| take_and_call(id)))),
        Op::Run(_, context) => {
            let report = window.run(|| run(CAUSES[subject], context));
            report_noted.store(report.ran | report.running_elsewhere << 8 | report.left << 16, Relaxed);
            Outcome::Ran
        }
    };
    outcome_noted.store(outcome as usize, Relaxed);
    record::note(Event::End(number));
}

pub(super) const KIND_REGISTER: usize = 0;
pub(super) const KIND_UNREGISTER: usize = 1;
pub(super) const KIND_TAKE: usize = 2;
pub(super) const KIND_RUN: usize = 3;
pub(super) const KIND_RUN_IN_HANDLER: usize = 4;

fn registered(hook: usize, id: Option<HookId>) -> Outcome {
    let Some(id) = id else { return Outcome::Full };
    record::hook(hook).set_id(id);
    Outcome::Registered
}

fn taken(result: Option<Result<(), UnregisterError>>) -> Outcome {
    match result {
        Some(Ok(())) => Outcome::Taken,
        Some(Err(UnregisterError::Running)) => Outcome::Running,
        // A hook without an id cannot be named: as good as stale.
        Some(Err(_)) | None => Outcome::Stale,
    }
}

impl Target {
    fn number(self) -> usize {
        match self {
            Self::Concerned => CONCERNED.load(Relaxed),
            Self::Other => OTHER.load(Relaxed),
            Self::Number(number) => number,
            Self::Back(back) => record::hooks_made().checked_sub(1).map_or(0, |last| last - back % (last + 1)),
        }
    }
}

// The operations under test. Each is a function of its own, so that it has a symbol, and instructions of its own.

#[inline(never)]
fn register(hook: Hook) -> Result<HookId, RegisterError<3>> {
    registry().register(hook)
}

/// What `register` does, with the id made known in between.
#[inline(never)]
fn reserve_and_arm(number: usize, hook: Hook) -> Option<HookId> {
    let reservation = registry().reserve().ok()?;
    record::hook(number).set_id(reservation.id());
    CONCERNED.store(number, Relaxed);
    reservation.arm(hook).ok()
}

#[inline(never)]
fn unregister(id: HookId) -> Result<(), UnregisterError> {
    registry().unregister(id)
}

/// What a guard does when it is dropped.
#[inline(never)]
fn take_and_call(id: HookId) -> Result<(), UnregisterError> {
    registry().take(id).map(|hook| hook.call(Cause::Exit))
}

#[inline(never)]
fn run(cause: Cause, context: Context) -> Report {
    registry().run(cause, context)
}
