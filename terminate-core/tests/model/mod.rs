//! What the models of [loom](https://docs.rs/loom) share: a registry, hooks that write down what became of them, and the search.
#![allow(dead_code, reason = "each file of models uses a part of it")]

use std::cell::RefCell;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use terminate_core::{
    Cause, Context, Hook, HookId, RegisterError, Registry, Report, SignalNumber, Triggers, UnregisterError,
};

pub(crate) const ONE: Cause = Cause::Signal(SignalNumber::new(1).unwrap());
pub(crate) const TWO: Cause = Cause::Signal(SignalNumber::new(2).unwrap());

// loom's threads take turns on one thread of the system, so this is one log, in the order of the interleaving.
thread_local! {
    static CALLED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static DONE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static DROPPED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Three preemptions find every bug that was ever seeded here; `LOOM_MAX_PREEMPTIONS` asks for more.
pub(crate) fn explore(model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(move || {
        CALLED.take();
        DONE.take();
        DROPPED.take();
        model();
    });
}

/// A registry in a model.
///
/// loom 0.7 notices that a store races with a load only if the storing thread has not itself read the word since; here
/// every store comes after such a read. So each operation begins with an exchange of one more word: loom tries every
/// order of those, and from there finds the other races.
pub(crate) struct Model<const N: usize> {
    pub(crate) registry: Registry<N>,
    turn: AtomicUsize,
}

/// Leaked, so that a model that fails does not touch loom's atomics once more while it unwinds.
pub(crate) fn registry<const N: usize>() -> &'static Model<N> {
    Box::leak(Box::new(Model { registry: Registry::new(), turn: AtomicUsize::new(0) }))
}

impl<const N: usize> Model<N> {
    pub(crate) fn turn(&self) -> &Registry<N> {
        // Relaxed, and so of no help to the registry.
        self.turn.fetch_add(1, Ordering::Relaxed);
        &self.registry
    }

    pub(crate) fn register(&self, hook: Hook) -> Result<HookId, RegisterError<3>> {
        self.turn().register(hook)
    }

    pub(crate) fn unregister(&self, id: HookId) -> Result<(), UnregisterError> {
        self.turn().unregister(id)
    }

    pub(crate) fn run(&self, cause: Cause) -> Report {
        self.turn().run(cause, Context::Thread)
    }

    /// Whatever went on, every slot is free again or holds an armed hook, and is handed out once.
    pub(crate) fn fills_up(&self) {
        let registry = &self.registry;
        let new: Vec<HookId> = (registry.len()..N).map(|_| registry.register(hook(99)).unwrap()).collect();
        assert!(registry.register(hook(99)).is_err());
        let mut slots: Vec<usize> = registry.ids().map(HookId::slot).collect();
        slots.dedup();
        assert_eq!(slots.len(), N, "a slot was lost, or handed out twice");
        assert!(new.iter().all(|id| registry.unregister(*id).is_ok()));
    }
}

struct Token(usize);

impl Token {
    /// A method, so that a closure captures the whole token.
    fn name(&self) -> usize {
        self.0
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

/// Captures three words that belong together: a torn payload shows. Plain data, so that a bug is not a crash.
pub(crate) fn hook(name: usize) -> Hook {
    let (token, double, inverse) = (Token(name), name * 2, !name);
    Hook::new(move |_| {
        assert_eq!([double, inverse], [token.name() * 2, !token.name()], "a torn hook");
        CALLED.with_borrow_mut(|called| called.push(token.name()));
    })
}

pub(crate) fn signalled(name: usize, number: u8) -> Hook {
    hook(name).triggers(Triggers::signal(SignalNumber::new(number).unwrap()))
}

/// The same, but somebody may look between its beginning and its end.
pub(crate) fn slow_hook<const N: usize>(name: usize, model: &'static Model<N>) -> Hook {
    Hook::new(move |_| {
        CALLED.with_borrow_mut(|called| called.push(name));
        model.turn();
        DONE.with_borrow_mut(|done| done.push(name));
    })
}

pub(crate) fn called() -> Vec<usize> {
    CALLED.with_borrow(Clone::clone)
}

pub(crate) fn sorted(mut names: Vec<usize>) -> Vec<usize> {
    names.sort_unstable();
    names
}

pub(crate) fn dropped() -> Vec<usize> {
    sorted(DROPPED.with_borrow(Clone::clone))
}

pub(crate) fn done() -> Vec<usize> {
    DONE.with_borrow(Clone::clone)
}

/// What the program claims of a cell that only a hook, and those who know that it is done, touch.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) &'static UnsafeCell<bool>);

// SAFETY: that claim is what loom checks.
unsafe impl Send for Shared {}

impl Shared {
    pub(crate) fn get(self) -> &'static UnsafeCell<bool> {
        self.0
    }
}
