//! `run_while`: when a run asks whether to go on, and what it does then.
//!
//! Each test runs with a list and without, where words are narrow.
//!
//! Seeds: `never_stop`, `asked_twice`.
#![cfg(not(loom))]

mod recorder;

use std::sync::Arc;

use recorder::Recorder;
use terminate_core::{Cause, Context, Hook, Phase, Registry, Triggers};

#[test]
fn g2_a_run_that_is_told_to_stop_leaves_the_rest_to_a_later_one_in_order() {
    fn stops_after_each<const N: usize>() {
        const NAMES: [&str; 5] = ["E", "D", "C", "B", "A"];
        for calls_allowed in 0..=NAMES.len() {
            let (registry, calls) = (Registry::<N>::new(), Recorder::default());
            for name in NAMES.iter().rev() {
                registry.register(calls.hook(name)).unwrap();
            }
            registry.register(calls.hook("for a panic").triggers(Triggers::PANIC)).unwrap();
            let mut asked = 0;
            let go_on = || {
                asked += 1;
                asked <= calls_allowed
            };
            let report = registry.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, go_on);
            assert_eq!((report.ran, report.left), (calls_allowed, NAMES.len() - calls_allowed));
            assert_eq!(calls.take(), NAMES[..calls_allowed]);
            assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, NAMES.len() - calls_allowed);
            assert_eq!(calls.take(), NAMES[calls_allowed..]);
        }
    }
    stops_after_each::<6>();
    stops_after_each::<20>();
}

#[test]
fn g2_what_is_registered_as_a_run_is_asked_whether_to_go_on_takes_its_place_at_once() {
    fn registers<const N: usize>() {
        let (registry, calls) = (Registry::<N>::new(), Recorder::default());
        registry.register(calls.hook("A")).unwrap();
        registry.register(calls.hook("B")).unwrap();
        let mut late = Some(calls.hook("first").phase(Phase::First));
        let go_on = || {
            late.take().into_iter().for_each(|hook| _ = registry.register(hook).unwrap());
            true
        };
        assert_eq!(registry.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, go_on).ran, 3);
        assert_eq!(calls.take(), ["first", "B", "A"]);
    }
    registers::<4>();
    registers::<20>();
}

#[test]
fn a_run_asks_whether_to_go_on_for_those_hooks_that_it_is_about_to_call() {
    fn takes_back<const N: usize>() {
        let (registry, calls) = (Arc::new(Registry::<N>::new()), Recorder::default());
        registry.register(calls.hook("A")).unwrap();
        let gone = [registry.register(calls.hook("B")).unwrap(), registry.register(calls.hook("C")).unwrap()];
        let unregister = Box::new((registry.clone(), gone));
        registry
            .register(Hook::new(move |_| unregister.1.iter().for_each(|id| unregister.0.unregister(*id).unwrap())))
            .unwrap();
        let mut asked = 0;
        let go_on = || {
            asked += 1;
            true
        };
        assert_eq!(registry.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, go_on).ran, 2);
        assert_eq!((asked, calls.take()), (2, vec!["A"]));
    }
    takes_back::<4>();
    takes_back::<20>();
}

#[test]
fn a_run_asks_whether_to_go_on_once_before_each_call_also_where_a_hook_registers_another() {
    fn registers<const N: usize>() {
        let (registry, calls) = (Arc::new(Registry::<N>::new()), Recorder::default());
        registry.register(calls.hook("A")).unwrap();
        let late = Box::new((registry.clone(), calls.hook("late")));
        registry
            .register(Hook::new(move |_| {
                let (registry, hook) = *late;
                let _ = registry.register(hook).unwrap();
            }))
            .unwrap();
        let mut asked = 0;
        let go_on = || {
            asked += 1;
            true
        };
        assert_eq!(registry.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, go_on).ran, 3);
        assert_eq!((asked, calls.take()), (3, vec!["late", "A"]));
    }
    registers::<4>();
    registers::<20>();
}

/// As another thread would do all the time.
#[test]
fn g6_a_run_ends_although_hooks_are_registered_faster_than_it_can_look() {
    fn registers<const N: usize>() {
        let (registry, calls) = (Registry::<N>::new(), Recorder::default());
        registry.register(calls.hook("A")).unwrap();
        registry.register(calls.hook("B")).unwrap();
        let mut asked = 0;
        let go_on = || {
            asked += 1;
            let newer = registry.register(calls.hook("newer")).unwrap();
            registry.unregister(newer).unwrap();
            asked < 10 * N
        };
        assert_eq!(registry.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, go_on).ran, 2);
        assert_eq!((asked, calls.take()), (N + 2, vec!["B", "A"]));
    }
    registers::<4>();
    registers::<20>();
}

#[test]
fn a_run_that_stops_counts_the_hooks_that_are_running() {
    fn stops<const N: usize>() {
        let registry = Arc::new(Registry::<N>::new());
        registry.register(Hook::new(|_| ())).unwrap();
        let inner = registry.clone();
        registry
            .register(Hook::new(move |_| {
                let report = inner.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, || false);
                assert_eq!((report.ran, report.running_elsewhere, report.left), (0, 1, 1));
            }))
            .unwrap();
        assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 2);
    }
    stops::<4>();
    stops::<20>();
}

/// The many are more than the run would look for if other threads registered them.
#[test]
fn g5_a_hook_that_is_registered_by_a_hook_after_many_that_are_gone_runs_in_the_same_run() {
    fn registers<const N: usize>() {
        let (registry, calls) = (Arc::new(Registry::<N>::new()), Recorder::default());
        // So that the larger one makes a list, also where words are wide.
        let used: Vec<_> = (0..N / 2).map(|_| registry.register(Hook::new(|_| ())).unwrap()).collect();
        for id in used {
            registry.unregister(id).unwrap();
        }
        let late = Box::new((registry.clone(), calls.hook("late")));
        registry
            .register(Hook::new(move |_| {
                let (registry, hook) = *late;
                for _ in 0..2 * N {
                    let gone = registry.register(Hook::new(|_| ())).unwrap();
                    registry.unregister(gone).unwrap();
                }
                registry.register(hook).unwrap();
            }))
            .unwrap();
        assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 2);
        assert_eq!(calls.take(), ["late"]);
    }
    registers::<4>();
    registers::<20>();
}
