//! Every interleaving of two threads on the slots of one registry: taken, given back, used up.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p terminate-core --test loom_slots --release`
#![cfg(loom)]

mod model;

use loom::thread;
use model::{called, dropped, explore, hook, registry, sorted};
use terminate_core::{Cause, HookId, RegisterError};

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

/// Seed: `high_water_by_store`. All raise the high-water mark, the one of the first slot perhaps last.
#[test]
fn g1_of_registers_at_once_a_run_finds_each_that_succeeded() {
    explore(|| {
        let registry = registry::<2>();
        let other = thread::spawn(move || [1, 2].map(|name| registry.register(hook(name)).is_ok()));
        let here = registry.register(hook(3)).is_ok();
        let succeeded = other.join().unwrap().into_iter().chain([here]).filter(|is_ok| *is_ok).count();
        assert_eq!((succeeded, registry.run(Cause::Exit).ran), (2, 2));
    });
}

/// Seed: `release_relaxed`.
/// A register on another thread may not write over a hook that is still being called.
#[test]
fn a_slot_is_taken_again_only_after_its_hook_has_returned() {
    explore(|| {
        let registry = registry::<1>();
        registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || registry.run(Cause::Exit).ran);
        let newer = registry.register(hook(2)).is_ok();
        other.join().unwrap();
        let last = registry.run(Cause::Exit).ran;
        assert_eq!(called(), if newer { vec![1, 2] } else { vec![1] });
        assert!(last <= usize::from(newer));
    });
}

/// What `register` handed back is called here, so that each hook is called once in the end.
fn found_or_handed_back(ran: usize, registered: Result<HookId, RegisterError<3>>) {
    assert_eq!(ran, usize::from(registered.is_ok()), "the run after close missed a hook, or called one that came back");
    if let Err(error) = registered {
        assert!(matches!(error, RegisterError::Closed(_)), "{error}");
        error.into_hook().call(Cause::Exit);
    }
}

/// Seeds: `arm_ignores_close`, `close_relaxed`, `close_seals_nothing`, `high_water_late`.
#[test]
fn g1_a_run_after_close_finds_the_hook_or_register_hands_it_back() {
    explore(|| {
        let registry = registry::<1>();
        let other = thread::spawn(move || registry.register(hook(1)));
        registry.turn().close();
        let ran = registry.run(Cause::Exit).ran;
        found_or_handed_back(ran, other.join().unwrap());
        assert_eq!((called(), dropped()), (vec![1], vec![1]));
        assert!(registry.registry.is_empty());
        assert!(matches!(registry.register(hook(2)), Err(RegisterError::Closed(_))));
    });
}

/// Seed: `close_relaxed`. The slot was used before: `close` may not take what it held then for what it holds now.
#[test]
fn g1_a_run_after_close_finds_the_hook_in_a_slot_that_was_used_before() {
    explore(|| {
        let registry = registry::<1>();
        let old = registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || {
            let unregistered = registry.unregister(old);
            (unregistered, registry.register(hook(2)))
        });
        registry.turn().close();
        let ran = registry.run(Cause::Exit).ran;
        let (unregistered, registered) = other.join().unwrap();
        assert_eq!(ran, usize::from(unregistered.is_err()) + usize::from(registered.is_ok()));
        assert_eq!(called().len(), ran);
        assert!(registry.registry.is_empty());
    });
}

/// Seed: `close_once`. The first `close` may not have come to its end when the second one returns.
#[test]
fn g1_a_run_after_the_second_of_two_closes_finds_the_hook_too() {
    explore(|| {
        let registry = registry::<1>();
        let register = thread::spawn(move || registry.register(hook(1)));
        let close = thread::spawn(move || registry.turn().close());
        registry.turn().close();
        let ran = registry.run(Cause::Exit).ran;
        close.join().unwrap();
        found_or_handed_back(ran, register.join().unwrap());
        assert_eq!((called(), dropped()), (vec![1], vec![1]));
    });
}

/// Two runs: one before `close` has returned, one after it.
#[test]
fn g1_a_hook_that_one_run_calls_while_another_thread_closes_was_registered() {
    explore(|| {
        let registry = registry::<1>();
        let register = thread::spawn(move || registry.register(hook(1)));
        let run = thread::spawn(move || registry.run(Cause::Exit).ran);
        registry.turn().close();
        let ran = registry.run(Cause::Exit).ran + run.join().unwrap();
        found_or_handed_back(ran, register.join().unwrap());
        assert_eq!((called(), dropped()), (vec![1], vec![1]));
    });
}

/// Seed: `release_reopens`.
#[test]
fn a_slot_that_becomes_free_during_close_does_not_open_the_registry_again() {
    explore(|| {
        let registry = registry::<2>();
        let id = registry.register(hook(1)).unwrap();
        let other = thread::spawn(move || registry.unregister(id).unwrap());
        registry.turn().close();
        other.join().unwrap();
        assert!(registry.registry.is_closed());
        assert!(matches!(registry.register(hook(2)), Err(RegisterError::Closed(_))));
    });
}
