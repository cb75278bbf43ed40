//! The registry under test, and the operations on it, each noted with its result.

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicUsize};

use terminate_core::{
    Cause, Context, Hook, HookId, Phase, RegisterError, Registry, Report, SignalNumber, Triggers, UnregisterError,
};

use crate::record::{self, Event};
use crate::window::{self, Window};

/// As the judge has it.
pub const CAPACITY: usize = 6;
/// So many that a run makes a list, also where words are narrow.
const MANY: usize = 32;
pub const SIGNAL: SignalNumber = SignalNumber::new(15).unwrap();
/// Never a cause here.
const NEVER: SignalNumber = SignalNumber::new(64).unwrap();
const CAUSES: [Cause; 3] = [Cause::Exit, Cause::Panic, Cause::Signal(SIGNAL)];
/// How many tickets there are, if they wrap.
pub const TICKETS: usize = 64;
/// What is left of them in the beginning: they wrap among the hooks of a full registry, and right after the one that is
/// registered beside a single one.
pub const LEFT: usize = 4;

/// A registry that begins anew with each replay, and what it begins as.
struct World<const N: usize> {
    now: UnsafeCell<Registry<N>>,
    begin: UnsafeCell<Registry<N>>,
}

// SAFETY: there is one core, and what writes to it is called while no operation goes on.
unsafe impl<const N: usize> Sync for World<N> {}

static FEW: World<CAPACITY> = World::new();
/// A registry of `MANY` with hooks that nothing concerns in all slots but `CAPACITY`.
static LIST: World<MANY> = World::new();
static USE_LIST: AtomicBool = AtomicBool::new(false);

impl<const N: usize> World<N> {
    const fn new() -> Self {
        Self { now: UnsafeCell::new(Registry::new()), begin: UnsafeCell::new(Registry::new()) }
    }

    fn registry(&self) -> &Registry<N> {
        // SAFETY: nobody writes to it while there is a reference, as above.
        unsafe { &*self.now.get() }
    }

    /// As it is to begin. What the hooks captured needs no drop.
    fn reset(&self) {
        // SAFETY: no operation goes on, so nobody has a reference; and the copy's hooks own nothing.
        unsafe { self.now.get().copy_from_nonoverlapping(self.begin.get(), 1) };
    }

    fn prepare(&self) {
        let registry = self.registry();
        for _ in CAPACITY..N {
            // SAFETY: it does nothing.
            let hook = unsafe { Hook::handler_safe(|_| ()) };
            assert!(registry.register(hook.triggers(Triggers::signal(NEVER))).is_ok());
        }
        if cfg!(terminate_small_counter) {
            let used =
                || registry.register(Hook::new(|_| ())).inspect(|id| assert!(registry.unregister(*id).is_ok())).ok();
            let first = used();
            for _ in 1..TICKETS {
                used();
            }
            assert!(used() == first, "the tickets do not wrap");
            for _ in (N - CAPACITY) % TICKETS + 1..TICKETS - LEFT {
                used();
            }
        }
        // SAFETY: as in `reset`.
        unsafe { self.begin.get().copy_from_nonoverlapping(self.now.get(), 1) };
    }
}

/// Does the same with the registry that is under test.
macro_rules! with {
    ($registry:ident, $do:expr) => {
        if USE_LIST.load(Relaxed) {
            let $registry = LIST.registry();
            $do
        } else {
            let $registry = FEW.registry();
            $do
        }
    };
}

/// Says which interrupt comes, and which registry is under test.
pub fn start(nmi: bool, list: bool) {
    window::interrupt_by_nmi(nmi);
    USE_LIST.store(list, Relaxed);
    LIST.prepare();
    FEW.prepare();
}

/// As after a start, but for what `prepare` did.
pub fn reset() {
    LIST.reset();
    FEW.reset();
    record::reset();
}

/// What a hook asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spec {
    Main,
    First,
    Last,
    Panic,
    Signal,
    Exit,
}

impl Spec {
    pub const ALL: [Self; 6] = [Self::Main, Self::First, Self::Last, Self::Panic, Self::Signal, Self::Exit];

    pub fn phase(self) -> Phase {
        match self {
            Self::First => Phase::First,
            Self::Last => Phase::Last,
            _ => Phase::Main,
        }
    }

    fn triggers(self) -> Triggers {
        match self {
            Self::Main | Self::Last => Triggers::ALWAYS,
            Self::First | Self::Signal => Triggers::ALWAYS | Triggers::signal(SIGNAL),
            Self::Panic => Triggers::PANIC,
            Self::Exit => Triggers::EXIT,
        }
    }
}

/// What a hook captures.
struct Token(usize);

impl Token {
    fn call(self, cause: Cause) {
        let cause = CAUSES.iter().position(|known| *known == cause).unwrap_or(CAUSES.len());
        record::note(Event::Call, self.0, cause);
        record::note(Event::Return, self.0, 0);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        record::dropped(self.0);
    }
}

fn make(number: usize, spec: Spec) -> Hook {
    let token = Token(number);
    let call = move |cause| token.call(cause);
    let hook = if spec == Spec::First {
        Hook::new(call)
    } else {
        // SAFETY: calling and dropping it are a few atomic operations.
        unsafe { Hook::handler_safe(call) }
    };
    hook.triggers(spec.triggers()).phase(spec.phase())
}

/// An operation on the registry.
#[derive(Clone, Copy)]
pub enum Op {
    Register(Spec),
    Unregister(Target),
    Take(Target),
    Run(Cause, Context),
}

/// Whose id is used.
#[derive(Clone, Copy)]
pub enum Target {
    /// The hook that a run would call first.
    Concerned,
    /// The hook that a run would call last.
    Other,
    Number(usize),
}

static CONCERNED: AtomicUsize = AtomicUsize::new(0);
static OTHER: AtomicUsize = AtomicUsize::new(0);

pub fn concern(first: usize, last: usize) {
    CONCERNED.store(first, Relaxed);
    OTHER.store(last, Relaxed);
}

pub fn is_armed(number: usize) -> bool {
    record::id(number).is_some_and(|id| with!(registry, registry.contains(id)))
}

/// Carries out the operation, and notes it.
pub fn perform(op: Op, window: Window) {
    let number = record::new_op();
    let (kind, subject) = match op {
        Op::Register(spec) => (0, record::new_hook(spec)),
        Op::Unregister(target) => (1, target.number()),
        Op::Take(target) => (2, target.number()),
        Op::Run(cause, context) => {
            let cause = CAUSES.iter().position(|known| *known == cause).unwrap_or(0);
            (if context == Context::Thread { 3 } else { 4 }, cause)
        }
    };
    record::set_op(number, [kind, subject, 0, 0, 0, 0]);
    record::note(Event::Begin, number, 0);
    let (outcome, report) = match op {
        Op::Register(spec) => {
            let hook = make(subject, spec);
            match window.run(|| register(hook)) {
                Ok(id) => {
                    record::set_id(subject, id);
                    (REGISTERED, Report::default())
                }
                Err(_) => (FULL, Report::default()),
            }
        }
        Op::Unregister(_) => (taken(record::id(subject).map(|id| window.run(|| unregister(id)))), Report::default()),
        Op::Take(_) => (taken(record::id(subject).map(|id| window.run(|| take_and_call(id)))), Report::default()),
        Op::Run(cause, context) => (RAN, window.run(|| run(cause, context))),
    };
    record::set_op(number, [kind, subject, outcome, report.ran, report.running_elsewhere, report.left]);
    record::note(Event::End, number, 0);
}

const REGISTERED: usize = 0;
const FULL: usize = 1;
const TAKEN: usize = 2;
const RUNNING: usize = 3;
const STALE: usize = 4;
const RAN: usize = 5;

fn taken(result: Option<Result<(), UnregisterError>>) -> usize {
    match result {
        Some(Ok(())) => TAKEN,
        Some(Err(UnregisterError::Running)) => RUNNING,
        // A hook without an id cannot be named: as good as stale.
        Some(Err(_)) | None => STALE,
    }
}

impl Target {
    fn number(self) -> usize {
        match self {
            Self::Concerned => CONCERNED.load(Relaxed),
            Self::Other => OTHER.load(Relaxed),
            Self::Number(number) => number,
        }
    }
}

/// The end of every replay: runs until nothing is left, tries every id once more, fills the registry and runs again, so
/// that a slot or a hook that was lost is missed.
pub fn finish() {
    let empty = || {
        for cause in [Cause::Exit, Cause::Panic] {
            perform(Op::Run(cause, Context::Thread), Window::Closed);
        }
    };
    empty();
    for number in 0..record::hooks_made() {
        perform(Op::Unregister(Target::Number(number)), Window::Closed);
    }
    for _ in 0..=CAPACITY {
        perform(Op::Register(Spec::Main), Window::Closed);
    }
    empty();
}

// The operations under test, each with instructions of its own.

#[inline(never)]
fn register(hook: Hook) -> Result<HookId, RegisterError<3>> {
    with!(registry, registry.register(hook))
}

#[inline(never)]
fn unregister(id: HookId) -> Result<(), UnregisterError> {
    with!(registry, registry.unregister(id))
}

/// What a guard does when it is dropped.
#[inline(never)]
fn take_and_call(id: HookId) -> Result<(), UnregisterError> {
    with!(registry, registry.take(id)).map(|hook| hook.call(Cause::Exit))
}

#[inline(never)]
fn run(cause: Cause, context: Context) -> Report {
    with!(registry, registry.run(cause, context))
}
