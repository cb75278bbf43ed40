//! Every interleaving of two threads on one registry, and every stale value that the memory model lets them read.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p terminate-core --test loom --release`
//!
//! loom knows threads, not handlers that interrupt one: nesting has its tests elsewhere. What each model is there to
//! catch, it says by the name of a seeded bug; `seeded-bugs.toml` lists them all.
#![cfg(loom)]

use std::cell::RefCell;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use terminate_core::{
    Cause, Context, Hook, HookId, RegisterError, Registry, Report, SignalNumber, Triggers, UnregisterError,
};

const ONE: Cause = Cause::Signal(SignalNumber::new(1).unwrap());
const TWO: Cause = Cause::Signal(SignalNumber::new(2).unwrap());

// loom's threads take turns on one thread of the system, so this is one log, in the order of the interleaving.
thread_local! {
    static CALLED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static DROPPED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Three preemptions find every bug that was ever seeded here; `LOOM_MAX_PREEMPTIONS` asks for more.
fn explore(model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(move || {
        CALLED.take();
        DROPPED.take();
        model();
    });
}

/// A registry in a model.
///
/// loom 0.7 notices that a store races with a load only if the storing thread has not itself read the word since; here
/// every store comes after such a read. So each operation begins with an exchange of one more word: loom tries every
/// order of those, and from there finds the other races.
struct Model<const N: usize> {
    registry: Registry<N>,
    turn: AtomicUsize,
}

/// Leaked, so that a model that fails does not touch loom's atomics once more while it unwinds.
fn registry<const N: usize>() -> &'static Model<N> {
    Box::leak(Box::new(Model { registry: Registry::new(), turn: AtomicUsize::new(0) }))
}

impl<const N: usize> Model<N> {
    fn turn(&self) -> &Registry<N> {
        // Relaxed, and so of no help to the registry.
        self.turn.fetch_add(1, Ordering::Relaxed);
        &self.registry
    }

    fn register(&self, hook: Hook) -> Result<HookId, RegisterError<3>> {
        self.turn().register(hook)
    }

    fn unregister(&self, id: HookId) -> Result<(), UnregisterError> {
        self.turn().unregister(id)
    }

    fn run(&self, cause: Cause) -> Report {
        self.turn().run(cause, Context::Thread)
    }

    /// Whatever went on, every slot is free again or holds an armed hook, and is handed out once.
    fn fills_up(&self) {
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
fn hook(name: usize) -> Hook {
    let (token, double, inverse) = (Token(name), name * 2, !name);
    Hook::new(move |_| {
        assert_eq!([double, inverse], [token.name() * 2, !token.name()], "a torn hook");
        CALLED.with_borrow_mut(|called| called.push(token.name()));
    })
}

fn signalled(name: usize, number: u8) -> Hook {
    hook(name).triggers(Triggers::signal(SignalNumber::new(number).unwrap()))
}

fn called() -> Vec<usize> {
    CALLED.with_borrow(Clone::clone)
}

fn sorted(mut names: Vec<usize>) -> Vec<usize> {
    names.sort_unstable();
    names
}

fn dropped() -> Vec<usize> {
    sorted(DROPPED.with_borrow(Clone::clone))
}

/// Seed: `pop_by_store`.
#[test]
fn g1_of_two_registers_for_the_last_slot_one_wins_and_the_other_gets_its_hook_back() {
    explore(|| {
        let registry = registry::<1>();
        let other = thread::spawn(move || registry.register(hook(1)));
        let results = [registry.register(hook(2)), other.join().unwrap()];
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
        for result in results {
            if let Err(error) = result {
                error.into_hook().call(Cause::Exit);
            }
        }
        assert_eq!(registry.run(Cause::Exit).ran, 1);
        assert_eq!(sorted(called()), [1, 2]);
        assert_eq!(dropped(), [1, 2]);
    });
}

/// Seed: `any_free_list`: B takes two slots and gives one back while A is between its look at the list and its exchange.
#[test]
fn a_free_list_that_changed_and_changed_back_is_noticed() {
    explore(|| {
        let registry = registry::<3>();
        let other = thread::spawn(move || {
            let first = registry.register(hook(1));
            let second = registry.register(hook(2));
            registry.unregister(first.unwrap()).unwrap();
            second.unwrap()
        });
        let mine = registry.register(hook(3)).unwrap();
        let second = other.join().unwrap();
        assert!(registry.registry.contains(mine) && registry.registry.contains(second));
        registry.fills_up();
    });
}

/// Seeds: `publish_early`, `publish_relaxed`, `ticket_late`. The slot holds the remains of an earlier hook, which a run
/// that believes a half-written slot would call.
#[test]
fn g5_a_run_in_the_middle_of_a_register_passes_the_half_written_slot_by() {
    explore(|| {
        let registry = registry::<1>();
        registry.unregister(registry.register(hook(9)).unwrap()).unwrap();
        let other = thread::spawn(move || registry.register(hook(1)).unwrap());
        let early = registry.run(Cause::Exit).ran;
        let id = other.join().unwrap();
        assert_eq!(registry.registry.contains(id), early == 0, "neither run nor registered");
        assert_eq!(early + registry.run(Cause::Exit).ran, 1);
        assert_eq!(called(), [1]);
        assert_eq!(dropped(), [1, 9]);
    });
}

/// Seed: `signals_late`.
#[test]
fn a_run_never_takes_the_signals_of_an_earlier_hook_for_those_of_a_newer_one() {
    explore(|| {
        let registry = registry::<1>();
        let old = registry.register(signalled(1, 1)).unwrap();
        let other = thread::spawn(move || {
            let taken = registry.unregister(old);
            (taken, registry.register(signalled(2, 2)))
        });
        let _ = registry.run(ONE);
        assert!(!called().contains(&2), "called for a signal that it did not ask for");
        let (taken, registered) = other.join().unwrap();
        assert_eq!(called().contains(&1), taken.is_err());
        assert_eq!(registry.run(TWO).ran, usize::from(registered.is_ok()));
    });
}

/// Seed: `claim_by_store`.
#[test]
fn g1_a_hook_is_either_run_or_unregistered() {
    explore(|| {
        let registry = registry::<1>();
        let id = registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || {
            let result = registry.unregister(id);
            // What it says holds at once: the call has begun, or the hook is gone.
            assert_eq!(
                called().len() + usize::from(result.is_ok()) > 0,
                result != Err(UnregisterError::Running) || !called().is_empty()
            );
            result
        });
        let ran = registry.run(Cause::Exit).ran;
        let unregistered = other.join().unwrap();
        assert_eq!(ran == 1, unregistered.is_err());
        assert_eq!(called().len(), ran);
        assert_eq!(dropped(), [1]);
        registry.fills_up();
    });
}

/// Seed: `claim_by_store`.
#[test]
fn g1_two_runs_share_the_hooks_and_say_truly_who_is_still_at_it() {
    explore(|| {
        let registry = registry::<2>();
        registry.register(hook(1)).unwrap();
        registry.register(hook(2)).unwrap();
        let run_one = move || {
            let report = registry.run(Cause::Exit);
            assert_eq!(report.left, 0);
            if report.running_elsewhere == 0 {
                assert_eq!(dropped(), [1, 2], "said to be done, and is not");
            }
            report
        };
        let other = thread::spawn(run_one);
        let mine = run_one();
        let theirs = other.join().unwrap();
        assert_eq!(mine.ran + theirs.ran, 2);
        assert!(mine.running_elsewhere <= theirs.ran && theirs.running_elsewhere <= mine.ran);
        assert_eq!(sorted(called()), [1, 2]);
        assert_eq!(dropped(), [1, 2]);
    });
}

/// Seed: `claim_by_store`.
#[test]
fn g1_of_two_unregisters_of_one_hook_one_succeeds() {
    explore(|| {
        let registry = registry::<1>();
        let id = registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || registry.unregister(id));
        let mut results = [registry.unregister(id), other.join().unwrap()];
        results.sort_by_key(Result::is_err);
        assert_eq!(results, [Ok(()), Err(UnregisterError::Stale)]);
        assert_eq!(dropped(), [1]);
        registry.fills_up();
    });
}

/// Seed: `push_by_store`.
#[test]
fn two_hooks_unregistered_at_once_give_back_two_slots() {
    explore(|| {
        let registry = registry::<2>();
        let ids = [1, 2].map(|name| registry.register(hook(name)).unwrap());
        let other = thread::spawn(move || registry.unregister(ids[0]).unwrap());
        registry.unregister(ids[1]).unwrap();
        other.join().unwrap();
        registry.fills_up();
    });
}

/// Seed: `header_relaxed`: a register that sees the new head of the list, and the link from before it.
#[test]
fn a_register_sees_the_links_of_the_slots_that_were_given_back() {
    explore(|| {
        let registry = registry::<2>();
        let ids = [1, 2].map(|name| registry.register(hook(name)).unwrap());
        let other = thread::spawn(move || ids.map(|id| registry.unregister(id).unwrap()));
        let _ = registry.register(hook(3));
        other.join().unwrap();
        registry.fills_up();
    });
}

/// Seed: `any_generation`.
#[test]
fn an_old_id_never_unregisters_a_newer_hook_in_the_same_slot() {
    explore(|| {
        let registry = registry::<1>();
        let old = registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || {
            let ran = registry.run(Cause::Exit).ran;
            (ran, registry.register(hook(2)))
        });
        let unregistered = registry.unregister(old);
        assert!(!dropped().contains(&2), "the newer hook was taken");
        let (ran, newer) = other.join().unwrap();
        assert_eq!(unregistered.is_ok(), ran == 0);
        // Not registered at all, if the old hook was just on its way out.
        assert_eq!(registry.registry.len(), usize::from(newer.is_ok()));
    });
}

/// Seed: `claim_by_store`. What a guard does at the end of its scope.
#[test]
fn g1_a_hook_that_is_taken_and_called_while_a_run_goes_on_is_called_once() {
    explore(|| {
        let registry = registry::<2>();
        let guard = registry.register(hook(1)).unwrap();
        registry.register(hook(2)).unwrap();
        let other = thread::spawn(move || registry.run(Cause::Exit).ran);
        let taken = registry.turn().take(guard).map(|hook| hook.call(Cause::Exit)).is_ok();
        assert_eq!(other.join().unwrap(), if taken { 1 } else { 2 });
        assert_eq!(sorted(called()), [1, 2]);
        assert_eq!(dropped(), [1, 2]);
        registry.fills_up();
    });
}

/// Seed: `believe_the_list`. The slots are laid out so that the sort asks for the key of the middle one twice: if it
/// goes away in between, the two others end up in the wrong order.
#[test]
fn g2_a_hook_that_goes_away_during_the_sort_does_not_disturb_the_order_of_the_others() {
    explore(|| {
        let registry = registry::<3>();
        let dummy = registry.register(hook(0)).unwrap();
        let middle = registry.register(hook(1)).unwrap();
        registry.unregister(dummy).unwrap();
        registry.register(hook(2)).unwrap();
        registry.register(hook(3)).unwrap();
        let other = thread::spawn(move || registry.unregister(middle).is_ok());
        assert_eq!(registry.run(Cause::Exit).ran, called().len());
        let unregistered = other.join().unwrap();
        assert_eq!(called(), if unregistered { vec![3, 2] } else { vec![3, 2, 1] });
    });
}

/// Seed: `claim_by_store`, with all three kinds of claim on one slot.
#[test]
fn g1_two_runs_and_an_unregister_end_one_hook_once() {
    explore(|| {
        let registry = registry::<1>();
        let id = registry.register(hook(1)).unwrap();
        let runs = [(); 2].map(|()| thread::spawn(move || registry.run(Cause::Exit).ran));
        let unregistered = registry.unregister(id).is_ok();
        let ran: usize = runs.map(|run| run.join().unwrap()).iter().sum();
        assert_eq!(ran + usize::from(unregistered), 1);
        assert_eq!(called().len(), ran);
        assert_eq!(dropped(), [1]);
        registry.fills_up();
    });
}

/// Seed: `used_by_store`. Both raise the number of used slots, the one of the first slot perhaps later.
#[test]
fn g1_of_two_first_registers_at_once_a_run_finds_both() {
    explore(|| {
        let registry = registry::<2>();
        let other = thread::spawn(move || registry.register(hook(1)).unwrap());
        registry.register(hook(2)).unwrap();
        other.join().unwrap();
        assert_eq!(registry.run(Cause::Exit).ran, 2);
    });
}

/// Seeds: `gather_by_store`, `never_gather`. A run has left both slots loose, and nothing is on the list.
#[test]
fn g1_of_two_registers_that_gather_what_a_run_has_left_each_gets_a_slot_of_its_own() {
    explore(|| {
        let registry = registry::<2>();
        registry.register(hook(1)).unwrap();
        registry.register(hook(2)).unwrap();
        assert_eq!(registry.run(Cause::Exit).ran, 2);
        let other = thread::spawn(move || registry.register(hook(3)).is_ok());
        let here = registry.register(hook(4)).is_ok();
        let registered = usize::from(here) + usize::from(other.join().unwrap());
        // One may be told that it is full while the other has got one slot, and is giving the second one back.
        assert!(registered > 0);
        assert_eq!(registry.run(Cause::Exit).ran, registered);
        registry.fills_up();
    });
}

/// Seed: `free_relaxed`. A register on another thread may not write over a hook that is still being called.
#[test]
fn a_slot_that_a_run_has_left_is_gathered_when_its_hook_is_done() {
    explore(|| {
        let registry = registry::<1>();
        registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || registry.run(Cause::Exit).ran);
        let newer = registry.register(hook(2)).is_ok();
        other.join().unwrap();
        assert_eq!(registry.run(Cause::Exit).ran, usize::from(newer));
        assert_eq!(called(), if newer { vec![1, 2] } else { vec![1] });
    });
}

/// Seed: `free_relaxed`. A slot that is read as free has to bring with it what its hook did: the cell has no
/// synchronisation of its own.
#[test]
fn what_a_hook_did_is_seen_by_whoever_is_told_that_it_is_done() {
    explore(|| {
        let registry = registry::<1>();
        let done: &'static UnsafeCell<bool> = Box::leak(Box::new(UnsafeCell::new(false)));
        let shared = Shared(done);
        // SAFETY: loom checks that nobody else is at the cell.
        registry.register(Hook::new(move |_| shared.get().with_mut(|done| unsafe { *done = true }))).unwrap();
        let other = thread::spawn(move || registry.run(Cause::Exit).ran);
        if registry.run(Cause::Exit).running_elsewhere == 0 {
            // SAFETY: as above.
            assert!(done.with(|done| unsafe { *done }));
        }
        other.join().unwrap();
    });
}

/// What the program claims of a cell that only a hook, and those who know that it is done, touch.
#[derive(Clone, Copy)]
struct Shared(&'static UnsafeCell<bool>);

// SAFETY: that claim is what loom checks.
unsafe impl Send for Shared {}

impl Shared {
    fn get(self) -> &'static UnsafeCell<bool> {
        self.0
    }
}
