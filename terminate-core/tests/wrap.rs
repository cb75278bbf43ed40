//! What happens when the tickets wrap, with tickets of 6 bits: up to half the range nothing, beyond it what the
//! documentation of `Registry` says.
//!
//! `RUSTFLAGS="--cfg terminate_small_counter" cargo test -p terminate-core`
//!
//! Seeds: `order_by_number`, `any_generation`.
#![cfg(terminate_small_counter)]

mod recorder;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use recorder::Recorder;
use terminate_core::{Cause, Context, Hook, HookId, Registry, UnregisterError};

const TICKETS: usize = 64;
const HALF: usize = TICKETS / 2;

/// Lets that many registrations go by.
fn go_by<const N: usize>(registry: &Registry<N>, registrations: usize) {
    for _ in 0..registrations {
        drop(registry.reserve().unwrap());
    }
}

/// The calls of one run; a run that does not end is a failure, not a test that hangs.
fn calls_of_a_run(registry: &Arc<Registry<4>>, calls: &Recorder) -> Vec<&'static str> {
    let (ended, end) = mpsc::channel();
    let registry = registry.clone();
    thread::spawn(move || ended.send(registry.run(Cause::Exit, Context::Thread).ran));
    let ran = end.recv_timeout(Duration::from_secs(10)).expect("the run did not end");
    let calls = calls.take();
    assert_eq!(ran, calls.len());
    calls
}

#[test]
fn g2_the_order_is_right_across_the_wrap() {
    for start in 0..TICKETS {
        for gap in [0, 1, HALF / 3 - 1] {
            let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
            go_by(&registry, start);
            let mut ids: Vec<HookId> = Vec::new();
            for name in ["A", "B", "C"] {
                ids.push(registry.register(calls.hook(name)).unwrap());
                go_by(&registry, gap);
            }
            assert!(ids.is_sorted_by(|older, newer| newer.is_newer_than(*older)), "{ids:?}");
            assert_eq!(calls_of_a_run(&registry, &calls), ["C", "B", "A"], "from ticket {start}, {gap} apart");
        }
    }
}

#[test]
fn g2_the_order_is_right_until_the_oldest_is_half_the_range_old() {
    for start in 0..TICKETS {
        let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
        go_by(&registry, start);
        registry.register(calls.hook("old")).unwrap();
        // The two hooks are registrations too.
        go_by(&registry, HALF - 1 - 2);
        registry.register(calls.hook("new")).unwrap();
        assert_eq!(calls_of_a_run(&registry, &calls), ["new", "old"], "from ticket {start}");
    }
}

#[test]
fn beyond_half_the_range_an_old_hook_is_taken_for_a_newer_one_and_still_runs_once() {
    for start in 0..TICKETS {
        for age in HALF..TICKETS {
            let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
            go_by(&registry, start);
            registry.register(calls.hook("old")).unwrap();
            go_by(&registry, age - 2);
            registry.register(calls.hook("new")).unwrap();
            assert_eq!(calls_of_a_run(&registry, &calls), ["old", "new"], "from ticket {start}, {age} old");
            assert!(calls_of_a_run(&registry, &calls).is_empty());
        }
    }
}

#[test]
fn a_hook_alone_runs_however_old_it_is() {
    for age in 0..3 * TICKETS {
        let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
        registry.register(calls.hook("old")).unwrap();
        go_by(&registry, age);
        assert_eq!(calls_of_a_run(&registry, &calls), ["old"], "after {age} registrations");
    }
}

#[test]
fn g1_a_hook_runs_at_most_once_over_thousands_of_registrations() {
    const HOOKS: usize = 5000;
    static CALLED: [AtomicUsize; HOOKS] = [const { AtomicUsize::new(0) }; HOOKS];
    let registry = Registry::<4>::new();
    let mut unregistered = vec![false; HOOKS];
    let mut ids: Vec<(usize, HookId)> = Vec::new();
    for (hook, called) in CALLED.iter().enumerate() {
        let id = registry.register(Hook::new(move |_| _ = called.fetch_add(1, Ordering::Relaxed))).unwrap();
        ids.push((hook, id));
        match hook % 7 {
            2 | 4 => {
                let (hook, id) = ids.swap_remove(hook % ids.len());
                unregistered[hook] = registry.unregister(id).is_ok();
                assert!(unregistered[hook]);
            }
            3 | 6 => {
                assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, ids.len());
                ids.clear();
            }
            _ => {}
        }
    }
    let _ = registry.run(Cause::Exit, Context::Thread);
    for (called, unregistered) in CALLED.iter().zip(unregistered) {
        assert_eq!(called.load(Ordering::Relaxed), usize::from(!unregistered));
    }
}

#[test]
fn an_id_is_stale_until_the_tickets_have_gone_round_and_then_may_name_a_newer_hook() {
    let registry = Registry::<1>::new();
    let old = registry.register(Hook::new(|_| ())).unwrap();
    registry.unregister(old).unwrap();
    for _ in 1..TICKETS {
        let newer = registry.register(Hook::new(|_| ())).unwrap();
        assert_ne!(newer, old);
        assert_eq!(registry.unregister(old), Err(UnregisterError::Stale));
        registry.unregister(newer).unwrap();
    }
    assert_eq!(registry.register(Hook::new(|_| ())).unwrap(), old, "the same slot, the same ticket");
    assert_eq!(registry.unregister(old), Ok(()));
}

/// Registers itself again, whenever it runs.
fn again(registry: &'static Registry<4>, calls: Recorder) -> Hook {
    Hook::new(move |_| {
        calls.write("again");
        registry.register(again(registry, calls)).unwrap();
    })
}

#[test]
fn g5_a_run_makes_n_extra_calls_across_the_wrap_too() {
    for start in TICKETS - 6..TICKETS + 2 {
        let (registry, calls) = (&*Box::leak(Box::new(Registry::<4>::new())), Recorder::default());
        go_by(registry, start);
        registry.register(again(registry, calls.clone())).unwrap();
        let report = registry.run(Cause::Exit, Context::Thread);
        assert_eq!((report.ran, report.left, calls.take().len()), (1 + 4, 1, 1 + 4), "from ticket {start}");
    }
}
