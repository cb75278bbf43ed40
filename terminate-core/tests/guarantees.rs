//! What one thread can see of the guarantees: once (G1), in order (G2), in the right context (G4), with clear errors (G11).
//!
//! Seeds: `order_by_slot`, `ordinary_in_handler`, `any_generation`.
#![cfg(not(loom))]

mod recorder;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use recorder::Recorder;
use terminate_core::{
    Cause, Context, Hook, Phase, RegisterError, Registry, ReserveError, SignalNumber, Triggers, UnregisterError,
};

const ONE: SignalNumber = SignalNumber::new(1).unwrap();
const LAST: SignalNumber = SignalNumber::new(SignalNumber::MAX).unwrap();

#[test]
fn g1_a_hook_runs_once_however_often_the_registry_is_run() {
    let (registry, calls) = (Registry::<4>::new(), Recorder::default());
    registry.register(calls.hook("A")).unwrap();
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 1);
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 0);
    assert_eq!(registry.run(Cause::Panic, Context::Thread).ran, 0);
    assert_eq!(calls.take(), ["A"]);
}

#[test]
fn g1_a_hook_runs_for_the_causes_that_it_asked_for_and_for_no_other() {
    let registry = Registry::<4>::new();
    let all = [Cause::Exit, Cause::Panic, Cause::Signal(ONE), Cause::Signal(LAST)];
    let sets =
        [Triggers::NONE, Triggers::EXIT, Triggers::PANIC, Triggers::ALWAYS, Triggers::SIGNALS, Triggers::signal(LAST)];
    for set in sets {
        for cause in all {
            let id = registry.register(Hook::new(move |seen| assert_eq!(seen, cause)).triggers(set)).unwrap();
            assert_eq!(registry.run(cause, Context::Thread).ran == 1, set.contains(cause), "{set:?} and {cause}");
            let _ = registry.unregister(id);
        }
    }
}

#[test]
fn g2_last_registered_runs_first() {
    let (registry, calls) = (Registry::<4>::new(), Recorder::default());
    for name in ["A", "B", "C"] {
        registry.register(calls.hook(name)).unwrap();
    }
    let report = registry.run(Cause::Exit, Context::Thread);
    assert_eq!((report.ran, report.left, report.running_elsewhere), (3, 0, 0));
    assert_eq!(calls.take(), ["C", "B", "A"]);
}

#[test]
fn g2_the_order_survives_unregistering_and_slot_reuse() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    let a = registry.register(calls.hook("A")).unwrap();
    registry.register(calls.hook("B")).unwrap();
    registry.register(calls.hook("C")).unwrap();
    registry.unregister(a).unwrap();
    let d = registry.register(calls.hook("D")).unwrap();
    assert_eq!(d.slot(), a.slot(), "the test is about a slot that is used again");
    let _ = registry.run(Cause::Exit, Context::Thread);
    assert_eq!(calls.take(), ["D", "C", "B"]);
}

#[test]
fn g2_the_order_survives_every_order_of_giving_back_the_slots() {
    let names = ["A", "B", "C", "D", "E"];
    // Each number below 5! is an order in which to give back five slots.
    for mut order in 0..120 {
        let (registry, calls) = (Registry::<5>::new(), Recorder::default());
        let mut ids: Vec<_> = names.map(|name| registry.register(calls.hook(name)).unwrap()).into();
        while !ids.is_empty() {
            let at = order % ids.len();
            order /= ids.len();
            registry.unregister(ids.remove(at)).unwrap();
        }
        for name in names {
            registry.register(calls.hook(name)).unwrap();
        }
        let _ = registry.run(Cause::Exit, Context::Thread);
        assert_eq!(calls.take(), ["E", "D", "C", "B", "A"]);
    }
}

#[test]
fn g2_phases_run_in_order_and_inside_each_the_newest_first() {
    let (registry, calls) = (Registry::<6>::new(), Recorder::default());
    for (name, phase) in [
        ("last 1", Phase::Last),
        ("first 1", Phase::First),
        ("main 1", Phase::Main),
        ("last 2", Phase::Last),
        ("main 2", Phase::Main),
        ("first 2", Phase::First),
    ] {
        registry.register(calls.hook(name).phase(phase)).unwrap();
    }
    let _ = registry.run(Cause::Exit, Context::Thread);
    assert_eq!(calls.take(), ["first 2", "first 1", "main 2", "main 1", "last 2", "last 1"]);
}

#[test]
fn g2_a_reservation_holds_the_place_in_the_order() {
    let (registry, calls) = (Registry::<2>::new(), Recorder::default());
    let early = registry.reserve().unwrap();
    let late = registry.register(calls.hook("registered")).unwrap();
    assert!(late.is_newer_than(early.id()) && !early.id().is_newer_than(late) && !late.is_newer_than(late));
    let id = early.id();
    assert_eq!(early.arm(calls.hook("reserved")).unwrap(), id);
    let _ = registry.run(Cause::Exit, Context::Thread);
    assert_eq!(calls.take(), ["registered", "reserved"]);
}

#[test]
fn a_reservation_that_is_dropped_gives_the_slot_back() {
    let registry = Registry::<1>::new();
    let reservation = registry.reserve().unwrap();
    assert_eq!(registry.reserve().err(), Some(ReserveError::Full));
    assert!(!registry.contains(reservation.id()) && registry.is_empty());
    drop(reservation);
    assert!(registry.reserve().is_ok());
}

#[test]
fn g11_after_close_register_hands_the_hook_back_and_a_run_calls_the_others() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    registry.register(calls.hook("in time")).unwrap();
    assert!(!registry.is_closed());
    registry.close();
    registry.close();
    assert!(registry.is_closed());
    assert_eq!(registry.reserve().err(), Some(ReserveError::Closed));
    let error = registry.register(calls.hook("too late")).unwrap_err();
    assert!(matches!(error, RegisterError::Closed(_)), "{error}");
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 1);
    error.into_hook().call(Cause::Exit);
    assert_eq!(calls.take(), ["in time", "too late"]);
}

#[test]
fn g11_a_registry_that_is_closed_stays_closed_when_slots_become_free() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    let [ran, unregistered] = ["ran", "unregistered"].map(|name| registry.register(calls.hook(name)).unwrap());
    let reserved = registry.reserve().unwrap();
    registry.close();
    registry.unregister(unregistered).unwrap();
    drop(reserved);
    registry.call(ran, Cause::Exit).unwrap();
    assert!(registry.is_closed() && registry.is_empty());
    assert!(matches!(registry.register(calls.hook("too late")), Err(RegisterError::Closed(_))));
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 0);
    assert_eq!(calls.take(), ["ran"]);
}

/// Seed: `arm_ignores_close`.
#[test]
fn g11_a_reservation_from_before_close_is_armed_no_more_and_gives_its_hook_back() {
    let (registry, calls) = (Registry::<2>::new(), Recorder::default());
    let early = registry.reserve().unwrap();
    let id = early.id();
    registry.close();
    let error = early.arm(calls.hook("reserved").phase(Phase::Last)).unwrap_err();
    assert!(matches!(error, RegisterError::Closed(_)), "{error}");
    assert!(!registry.contains(id) && !registry.is_running(id));
    assert_eq!(registry.unregister(id), Err(UnregisterError::Stale));
    let report = registry.run(Cause::Exit, Context::Thread);
    assert_eq!((report.ran, report.running_elsewhere, report.left), (0, 0, 0));
    assert!(format!("{:?}", error.into_hook()).contains("Last"), "the hook keeps its options");
    assert!(calls.take().is_empty());
}

#[test]
fn g4_an_ordinary_hook_stays_out_of_a_handler_and_is_counted_as_left() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    let handler = Arc::new(AtomicUsize::new(0));
    let count = handler.clone();
    registry.register(calls.hook("ordinary")).unwrap();
    // SAFETY: one atomic addition, in a context that is a handler by name only.
    registry.register(unsafe { Hook::handler_safe(move |_| _ = count.fetch_add(1, Ordering::Relaxed)) }).unwrap();
    registry.register(calls.hook("for a signal").triggers(Triggers::signal(ONE))).unwrap();

    let report = registry.run(Cause::Exit, Context::Handler);
    assert_eq!((report.ran, report.left), (1, 1), "the third did not ask for an exit, so it is not left of it");
    assert_eq!(handler.load(Ordering::Relaxed), 1);
    assert!(calls.take().is_empty());
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 1);
    assert_eq!(calls.take(), ["ordinary"]);
}

#[test]
fn g4_a_hook_that_is_taken_and_registered_again_keeps_what_it_asks_for() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    // SAFETY: never run in a handler: see below.
    let safe = unsafe { Hook::handler_safe(|_| ()) }.triggers(Triggers::signal(LAST)).phase(Phase::First);
    let ordinary = calls.hook("ordinary").triggers(Triggers::SIGNALS | Triggers::PANIC).phase(Phase::Last);
    for hook in [safe, ordinary, calls.hook("never").triggers(Triggers::NONE)] {
        let before = format!("{hook:?}");
        let id = registry.register(hook).unwrap();
        let hook = registry.take(id).unwrap();
        assert_eq!(format!("{hook:?}"), before);
        registry.register(hook).unwrap();
    }
    assert_eq!(registry.run(Cause::Signal(LAST), Context::Handler).left, 1);
}

#[test]
fn g11_a_full_registry_hands_the_hook_back_and_says_what_to_do() {
    let (registry, calls) = (Registry::<1>::new(), Recorder::default());
    registry.register(calls.hook("A")).unwrap();
    let error = registry.register(calls.hook("B")).unwrap_err();
    assert!(error.to_string().contains("unregister a hook") && error.to_string().contains("more slots"));
    let _: &dyn Error = &error;
    error.into_hook().call(Cause::Exit);
    assert_eq!(calls.take(), ["B"]);
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 1);
}

#[test]
fn g11_a_stale_id_is_an_error_whatever_became_of_the_hook() {
    let (registry, calls) = (Registry::<1>::new(), Recorder::default());
    let ran = registry.register(calls.hook("A")).unwrap();
    let _ = registry.run(Cause::Exit, Context::Thread);
    let unregistered = registry.register(calls.hook("B")).unwrap();
    registry.unregister(unregistered).unwrap();
    let dropped = registry.reserve().unwrap().id();
    let newer = registry.register(calls.hook("C")).unwrap();
    for id in [ran, unregistered, dropped] {
        assert_eq!(registry.unregister(id), Err(UnregisterError::Stale));
        assert_eq!(registry.take(id).err(), Some(UnregisterError::Stale));
        assert!(!registry.contains(id));
    }
    assert!(registry.contains(newer));
    assert!(UnregisterError::Stale.to_string().contains("has run"));
    assert!(UnregisterError::Running.to_string().contains("gone when it returns"));
}

#[test]
fn g11_a_stale_id_is_stale_also_while_a_newer_hook_runs_in_its_slot() {
    let registry = Arc::new(Registry::<1>::new());
    let old = registry.register(Hook::new(|_| ())).unwrap();
    registry.unregister(old).unwrap();
    let inner = registry.clone();
    let newer = move |_| {
        assert_eq!(inner.unregister(old), Err(UnregisterError::Stale));
        assert!(!inner.is_running(old));
        let [running] = inner.live_ids().collect::<Vec<_>>()[..] else { panic!("one hook runs") };
        assert!(inner.is_running(running) && !inner.contains(running));
        assert_eq!(inner.unregister(running), Err(UnregisterError::Running));
    };
    registry.register(Hook::new(newer)).unwrap();
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 1);
}

#[test]
fn an_id_of_a_larger_registry_is_stale() {
    let (large, small) = (Registry::<4>::new(), Registry::<1>::new());
    let id = [(); 4].map(|()| large.register(Hook::new(|_| ())).unwrap())[3];
    assert_eq!(small.unregister(id), Err(UnregisterError::Stale));
    assert!(!small.contains(id));
}

#[test]
fn ids_are_those_of_the_armed_hooks() {
    let registry = Registry::<3>::new();
    let ids = [(); 3].map(|()| registry.register(Hook::new(|_| ())).unwrap());
    registry.unregister(ids[1]).unwrap();
    let reservation = registry.reserve().unwrap();
    let mut listed: Vec<_> = registry.ids().collect();
    listed.sort_by_key(|id| id.slot());
    assert_eq!(listed, [ids[0], ids[2]]);
    assert_eq!((registry.len(), registry.capacity(), registry.is_empty()), (2, 3, false));
    assert!(registry.contains(ids[0]) && !registry.contains(reservation.id()));
}
