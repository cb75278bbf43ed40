//! What a hook captures is dropped exactly once, whichever way the hook ends, panics included.
//!
//! Seeds: `forget_unregistered`, `forget_at_the_end`, `keep_slot_on_panic`.
#![cfg(not(loom))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use terminate_core::{Cause, Context, Hook, Registry, Report, Triggers};

/// How often what a hook captured was dropped, and how often it was called.
#[derive(Clone, Default)]
struct Counts(Arc<(AtomicUsize, AtomicUsize)>);

struct Captured(Counts);

impl Drop for Captured {
    fn drop(&mut self) {
        self.0.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Captured {
    fn call(&self) {
        self.0.0.1.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counts {
    fn hook(&self) -> Hook {
        let captured = Captured(self.clone());
        Hook::new(move |_| captured.call())
    }

    fn dropped(&self) -> usize {
        self.0.0.load(Ordering::Relaxed)
    }

    fn called(&self) -> usize {
        self.0.1.load(Ordering::Relaxed)
    }
}

fn exit<const N: usize>(registry: &Registry<N>) -> Report {
    registry.run(Cause::Exit, Context::Thread)
}

/// Runs `f` to its panic. What the panic says goes to the test's captured output.
fn panics(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err(), "there was no panic");
}

#[test]
fn g1_a_hook_that_never_was_registered_drops_what_it_captured() {
    let counts = Counts::default();
    drop(counts.hook().triggers(Triggers::NONE));
    assert_eq!((counts.called(), counts.dropped()), (0, 1));
    counts.hook().call(Cause::Exit);
    assert_eq!((counts.called(), counts.dropped()), (1, 2));
}

#[test]
fn g1_a_hook_that_ran_has_dropped_what_it_captured() {
    let (registry, counts) = (Registry::<2>::new(), Counts::default());
    registry.register(counts.hook()).unwrap();
    assert_eq!(counts.dropped(), 0);
    assert_eq!(exit(&registry).ran, 1);
    assert_eq!((counts.called(), counts.dropped()), (1, 1));
    drop(registry);
    assert_eq!(counts.dropped(), 1);
}

#[test]
fn g1_a_hook_that_is_unregistered_is_dropped_at_once() {
    let (registry, counts) = (Registry::<2>::new(), Counts::default());
    let id = registry.register(counts.hook()).unwrap();
    registry.unregister(id).unwrap();
    assert_eq!((counts.called(), counts.dropped()), (0, 1));
    assert!(registry.unregister(id).is_err());
    drop(registry);
    assert_eq!(counts.dropped(), 1);
}

#[test]
fn g1_a_hook_that_is_taken_belongs_to_the_taker() {
    let (registry, counts) = (Registry::<2>::new(), Counts::default());
    let [called, dropped] = [(); 2].map(|()| registry.register(counts.hook()).unwrap());
    let (called, dropped) = (registry.take(called).unwrap(), registry.take(dropped).unwrap());
    assert_eq!(exit(&registry).ran, 0);
    assert_eq!(counts.dropped(), 0);
    called.call(Cause::Exit);
    assert_eq!((counts.called(), counts.dropped()), (1, 1));
    drop(dropped);
    assert_eq!((counts.called(), counts.dropped()), (1, 2));
}

#[test]
fn g1_a_registry_that_is_dropped_drops_the_hooks_that_never_ran() {
    let (registry, counts) = (Registry::<3>::new(), Counts::default());
    for triggers in [Triggers::ALWAYS, Triggers::NONE, Triggers::PANIC] {
        registry.register(counts.hook().triggers(triggers)).unwrap();
    }
    assert_eq!(exit(&registry).ran, 1);
    drop(registry);
    assert_eq!((counts.called(), counts.dropped()), (1, 3));
}

#[test]
fn g11_a_hook_that_was_refused_is_dropped_with_the_error() {
    let (registry, counts) = (Registry::<1>::new(), Counts::default());
    registry.register(Hook::new(|_| ())).unwrap();
    let error = registry.register(counts.hook()).unwrap_err();
    assert_eq!(counts.dropped(), 0);
    drop(error);
    assert_eq!((counts.called(), counts.dropped()), (0, 1));
}

#[test]
fn a_reservation_that_is_dropped_after_the_slot_held_a_hook_does_not_drop_that_hook_again() {
    let (registry, counts) = (Registry::<1>::new(), Counts::default());
    registry.unregister(registry.register(counts.hook()).unwrap()).unwrap();
    drop(registry.reserve().unwrap());
    drop(registry);
    assert_eq!(counts.dropped(), 1);
}

#[test]
fn a_hook_that_panics_is_gone_and_the_rest_runs_next_time() {
    let (registry, counts) = (Registry::<3>::new(), Counts::default());
    registry.register(counts.hook()).unwrap();
    let captured = Captured(counts.clone());
    let panicking = registry
        .register(Hook::new(move |_| {
            captured.call();
            panic!("a hook that panics");
        }))
        .unwrap();
    registry.register(counts.hook()).unwrap();

    panics(|| _ = exit(&registry));
    assert_eq!((counts.called(), counts.dropped()), (2, 2));
    assert!(!registry.contains(panicking));
    let report = exit(&registry);
    assert_eq!((report.ran, report.running_elsewhere), (1, 0), "the slot of the one that panicked is free");
    assert_eq!((counts.called(), counts.dropped()), (3, 3));
    for _ in 0..registry.capacity() {
        registry.register(Hook::new(|_| ())).unwrap();
    }
}

#[test]
fn a_panic_in_a_nested_run_leaves_both_runs_and_frees_both_slots() {
    let (registry, counts) = (Arc::new(Registry::<2>::new()), Counts::default());
    let inner = registry.clone();
    registry.register(Hook::new(|_| panic!("a hook that panics"))).unwrap();
    let captured = Captured(counts.clone());
    registry
        .register(Hook::new(move |_| {
            captured.call();
            let _ = exit(&inner);
        }))
        .unwrap();
    panics(|| _ = exit(&registry));
    assert_eq!((counts.called(), counts.dropped()), (1, 1));
    assert_eq!(exit(&registry), Report::default());
    for _ in 0..registry.capacity() {
        registry.register(counts.hook()).unwrap();
    }
}

/// Panics when it is dropped.
struct Bomb(Captured);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a capture that panics when it is dropped");
    }
}

impl Bomb {
    fn hook(counts: &Counts) -> Hook {
        let bomb = Self(Captured(counts.clone()));
        Hook::new(move |_| {
            let bomb = bomb;
            bomb.0.call();
        })
    }
}

#[test]
fn a_capture_that_panics_when_it_is_dropped_costs_no_slot_and_no_other_hook() {
    // Leaked: if this fails, a hook that is still in it would panic once more while the failure unwinds.
    let (registry, counts) = (&*Box::leak(Box::new(Registry::<2>::new())), Counts::default());
    registry.register(counts.hook()).unwrap();
    registry.register(Bomb::hook(&counts)).map_err(std::mem::forget).unwrap();
    panics(|| _ = exit(registry));
    assert_eq!((counts.called(), counts.dropped()), (1, 1));

    let id = registry.register(Bomb::hook(&counts)).map_err(std::mem::forget).unwrap();
    panics(|| _ = registry.unregister(id));
    assert!(!registry.contains(id));
    assert_eq!((counts.called(), counts.dropped()), (1, 2));
    assert_eq!(exit(registry).ran, 1);
    assert_eq!((counts.called(), counts.dropped()), (2, 3));
    for _ in 0..registry.capacity() {
        registry.register(counts.hook()).unwrap();
    }
}

#[test]
fn g1_a_capture_that_panics_when_the_registry_is_dropped_does_not_keep_the_others() {
    struct Faulty;
    impl Drop for Faulty {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let counts = Counts::default();
    let registry = Registry::<3>::new();
    registry.register(counts.hook()).unwrap();
    let faulty = Faulty;
    registry.register(Hook::new(move |_| drop(faulty))).unwrap();
    registry.register(counts.hook()).unwrap();
    panics(|| drop(registry));
    assert_eq!((counts.called(), counts.dropped()), (0, 2));
}
