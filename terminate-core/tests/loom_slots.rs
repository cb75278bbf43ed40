//! Every interleaving of two threads on the slots of one registry: taken, given back, left by a run, used up.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p terminate-core --test loom_slots --release`
#![cfg(loom)]

mod model;

use loom::thread;
use model::{ONE, called, dropped, explore, hook, registry, signalled, sorted};
use terminate_core::{Cause, Context, Hook, Phase, SignalNumber, Triggers};

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

/// Seeds: `loose_by_store`, `never_loose`. A run has left all slots loose, and nothing is on the list: each gets a slot of its own,
/// and neither is told that the table is full.
fn two_registers_of_loose_slots<const N: usize>() {
    let registry = registry::<N>();
    (0..N).for_each(|name| _ = registry.register(hook(name)).unwrap());
    assert_eq!(registry.run(Cause::Exit).ran, N);
    let other = thread::spawn(move || registry.register(hook(N)).is_ok());
    let here = registry.register(hook(N + 1)).is_ok();
    assert!(other.join().unwrap() && here, "told that it is full, and is not");
    assert_eq!(registry.run(Cause::Exit).ran, 2);
    registry.fills_up();
}

#[test]
fn g1_of_two_registers_that_take_what_a_run_has_left_each_gets_a_slot_of_its_own() {
    explore(two_registers_of_loose_slots::<2>);
}

#[test]
fn g11_a_register_that_finds_a_loose_slot_taken_finds_another_one() {
    explore(two_registers_of_loose_slots::<3>);
}

/// Seed: `loose_before_ticket`. One thread runs a hook and registers another, so one of the two slots is free all the time. A register
/// may look at the one while its hook is called, and at the other when it is taken again.
#[test]
fn g11_a_register_is_refused_only_if_all_slots_were_taken_at_one_moment() {
    explore(|| {
        let registry = registry::<2>();
        (0..2).for_each(|name| _ = registry.register(hook(name)).unwrap());
        assert_eq!(registry.run(Cause::Exit).ran, 2);
        // The first slot is armed, the second one loose, and the first one is the next to be looked at.
        registry.register(hook(2)).unwrap();
        registry.register(signalled(3, 1)).unwrap();
        assert_eq!(registry.run(ONE).ran, 1);
        let other = thread::spawn(move || {
            assert_eq!(registry.run(Cause::Exit).ran, 1);
            registry.register(signalled(5, 1)).is_ok()
        });
        let here = registry.register(signalled(4, 1)).is_ok();
        assert!(here && other.join().unwrap(), "told that it is full, and is not");
        registry.fills_up();
    });
}

/// Seed: `free_relaxed`. A register on another thread may not write over a hook that is still being called.
#[test]
fn a_slot_that_a_run_has_left_is_taken_when_its_hook_is_done() {
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

/// Seed: `any_loose`. A register that was overtaken between its look at a loose slot and its exchange may not take that slot when it is
/// loose once more: its ticket is older than the list of a run in which the slot stands for the hook that was there in between.
#[test]
fn g2_a_loose_slot_that_was_used_in_between_is_not_taken_with_an_older_ticket() {
    explore(|| {
        let registry = registry::<3>();
        (0..3).for_each(|_| _ = registry.registry.register(hook(9)).unwrap());
        assert_eq!(registry.registry.run(Cause::Exit, Context::Thread).ran, 3);
        // All are loose, and the first slot is the next to be looked at.
        let other = thread::spawn(move || {
            let registry = &registry.registry;
            let both = Triggers::EXIT | Triggers::signal(SignalNumber::new(1).unwrap());
            let second = registry.register(hook(2).phase(Phase::First).triggers(both)).is_ok();
            let third = registry.register(hook(3)).is_ok();
            // Another run calls the second one, which leaves its slot.
            let run_one = move |_| _ = registry.run(ONE, Context::Thread);
            let first = registry.register(Hook::new(run_one).phase(Phase::First)).is_ok();
            if first && second && third {
                let _ = registry.run(Cause::Exit, Context::Thread);
                let place = |name| called().iter().position(|called| *called == name);
                assert!(place(4).is_none_or(|last| place(3) < Some(last)), "{:?}", called());
            }
        });
        let _ = registry.registry.register(hook(4).phase(Phase::Last));
        other.join().unwrap();
    });
}
