//! Every interleaving of two threads on one registry, and every stale value that the memory model lets them read: who gets a
//! hook, in which order, and what is said of it. The slots have models of their own, in `loom_slots.rs`.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p terminate-core --test loom --release`
//!
//! loom knows threads, not handlers that interrupt one: nesting has its tests elsewhere. What each model is there to
//! catch, it says by the name of a seeded bug; `seeds/core.toml` lists them all.
#![cfg(loom)]

mod model;

use loom::cell::UnsafeCell;
use loom::thread;
use model::{ONE, Shared, TWO, called, done, dropped, explore, hook, registry, signalled, slow_hook, sorted};
use terminate_core::{Cause, Context, Hook, Phase, Triggers, UnregisterError};

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
fn g1_a_hook_is_either_run_or_unregistered_and_what_unregister_says_holds_at_once() {
    explore(|| {
        let registry = registry::<1>();
        let id = registry.register(slow_hook(1, registry)).unwrap();
        let other = thread::spawn(move || {
            let result = registry.unregister(id);
            match result {
                Ok(()) => assert_eq!(called(), []),
                Err(UnregisterError::Running) => {}
                Err(_) => assert_eq!(done(), [1], "said to be gone, and is being called"),
            }
            result
        });
        let ran = registry.run(Cause::Exit).ran;
        let unregistered = other.join().unwrap();
        assert_eq!(ran == 1, unregistered.is_err());
        assert_eq!(called().len(), ran);
        registry.fills_up();
    });
}

/// Seed: `claim_by_store`.
#[test]
fn g1_two_runs_share_the_hooks_and_say_truly_who_is_still_at_it() {
    explore(|| {
        let registry = registry::<2>();
        registry.register(slow_hook(1, registry)).unwrap();
        registry.register(hook(2)).unwrap();
        let run_one = move || {
            let report = registry.run(Cause::Exit);
            assert_eq!(report.left, 0);
            if report.running_elsewhere == 0 {
                assert_eq!((done(), dropped()), (vec![1], vec![2]), "said to be done, and is not");
            }
            report
        };
        let other = thread::spawn(run_one);
        let mine = run_one();
        let theirs = other.join().unwrap();
        assert_eq!(mine.ran + theirs.ran, 2);
        assert!(mine.running_elsewhere <= theirs.ran && theirs.running_elsewhere <= mine.ran);
        assert_eq!(sorted(called()), [1, 2]);
    });
}

/// Seed: `running_as_before`: a run that is told to stop finds a hook due, which another run is calling by then.
#[test]
fn g1_a_run_that_is_told_to_stop_says_truly_who_is_still_at_it() {
    explore(|| {
        let registry = registry::<1>();
        registry.register(slow_hook(1, registry)).unwrap();
        let other = thread::spawn(move || registry.run(Cause::Exit).ran);
        let stop = || {
            registry.turn();
            false
        };
        let report = registry.turn().run_while(Triggers::EXIT, Cause::Exit, Context::Thread, stop);
        if report.left + report.running_elsewhere == 0 {
            assert_eq!(done(), [1], "said to be done, and is not");
        }
        assert_eq!(other.join().unwrap() + report.ran + registry.run(Cause::Exit).ran, 1);
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

/// Seeds: `believe_the_list`, `sort_once`. Four slots, collected in the order 0, 2, 1, 3. If the last one goes away when the
/// heapsort has read its key once, the second and the third stay as they are.
#[test]
fn g2_a_hook_that_goes_away_during_the_sort_does_not_disturb_the_order_of_the_others() {
    explore(|| {
        let registry = registry::<4>();
        let oldest = registry.register(hook(3)).unwrap();
        let dummy = registry.register(hook(9)).unwrap();
        registry.register(hook(2)).unwrap();
        registry.unregister(dummy).unwrap();
        registry.register(hook(1)).unwrap();
        registry.register(hook(0)).unwrap();
        let other = thread::spawn(move || registry.unregister(oldest).is_ok());
        assert_eq!(registry.run(Cause::Exit).ran, called().len());
        let unregistered = other.join().unwrap();
        assert_eq!(called(), if unregistered { vec![0, 1, 2] } else { vec![0, 1, 2, 3] });
    });
}

/// Seed: `late_hooks_last`. A slot on a run's list is used again, by a hook of the last phase.
#[test]
fn g2_a_newer_hook_in_a_slot_on_the_list_is_not_called_in_the_place_of_the_old_one() {
    explore(|| {
        let registry = registry::<2>();
        registry.register(hook(1)).unwrap();
        let newest = registry.register(hook(2)).unwrap();
        let other = thread::spawn(move || {
            if registry.unregister(newest).is_ok() {
                registry.register(hook(3).phase(Phase::Last)).unwrap();
            }
        });
        let _ = registry.run(Cause::Exit);
        other.join().unwrap();
        let place = |name| called().iter().position(|called| *called == name);
        assert!(place(3).is_none_or(|last| place(1) < Some(last)), "{:?}", called());
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

/// Seed: `free_relaxed`. The same of a call that gives its slot back to the list.
#[test]
fn what_a_hook_did_that_was_called_alone_is_seen_by_whoever_is_told_that_it_is_done() {
    explore(|| {
        let registry = registry::<1>();
        let done: &'static UnsafeCell<bool> = Box::leak(Box::new(UnsafeCell::new(false)));
        let shared = Shared(done);
        // SAFETY: loom checks that nobody else is at the cell.
        let hook = Hook::new(move |_| shared.get().with_mut(|done| unsafe { *done = true }));
        let id = registry.register(hook).unwrap();
        let other = thread::spawn(move || registry.turn().call(id, Cause::Exit).is_ok());
        let report = registry.run(Cause::Exit);
        if report.running_elsewhere == 0 {
            // SAFETY: as above.
            assert!(done.with(|done| unsafe { *done }));
        }
        assert_eq!(usize::from(other.join().unwrap()) + report.ran, 1);
    });
}
