//! Hooks that use the registry that is calling them (G5), and calls that never come back (G6).
//!
//! Here the nesting is at the boundaries of calls; at every instruction it is the work of terminate-fuzz.
//!
//! Seeds: `order_by_slot`, `late_hooks_last`, `endless_run`.
#![cfg(not(loom))]

mod recorder;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use recorder::Recorder;
use terminate_core::{Cause, Context, Hook, HookId, Phase, RegisterError, Registry, Report, UnregisterError};

fn exit<const N: usize>(registry: &Registry<N>) -> Report {
    registry.run(Cause::Exit, Context::Thread)
}

#[test]
fn g5_a_hook_registered_by_a_hook_takes_its_place_in_the_same_run() {
    let (registry, calls) = (Arc::new(Registry::<5>::new()), Recorder::default());
    registry.register(calls.hook("oldest")).unwrap();
    registry.register(calls.hook("last").phase(Phase::Last)).unwrap();
    let inner = (registry.clone(), calls.clone());
    let registers = move |_| {
        let (registry, calls) = &inner;
        registry.register(calls.hook("late, last phase").phase(Phase::Last)).unwrap();
        registry.register(calls.hook("late")).unwrap();
    };
    registry.register(Hook::new(registers)).unwrap();
    assert_eq!(exit(&registry).ran, 5);
    assert_eq!(calls.take(), ["late", "oldest", "late, last phase", "last"]);
}

#[test]
fn g5_a_hook_unregisters_others_and_learns_that_it_is_running_itself() {
    let (registry, calls) = (Arc::new(Registry::<3>::new()), Recorder::default());
    let other = registry.register(calls.hook("other")).unwrap();
    let slot = registry.reserve().unwrap();
    let (inner, own) = (registry.clone(), slot.id());
    slot.arm(Hook::new(move |_| {
        assert_eq!(inner.unregister(own), Err(UnregisterError::Running));
        assert!(!inner.contains(own));
        assert_eq!(inner.unregister(other), Ok(()));
    }))
    .unwrap();
    assert_eq!(exit(&registry).ran, 1);
    assert!(calls.take().is_empty());
    assert_eq!(registry.unregister(own), Err(UnregisterError::Stale));
}

#[test]
fn g5_the_slot_of_a_hook_is_taken_until_its_call_returns() {
    let registry = Arc::new(Registry::<1>::new());
    let inner = registry.clone();
    registry.register(Hook::new(move |_| assert!(inner.register(Hook::new(|_| ())).is_err()))).unwrap();
    assert_eq!(exit(&registry).ran, 1);
    assert!(registry.register(Hook::new(|_| ())).is_ok());
}

#[test]
fn g5_a_nested_run_goes_on_with_the_hooks_that_are_left() {
    let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
    registry.register(calls.hook("A")).unwrap();
    registry.register(calls.hook("B")).unwrap();
    let (inner, log) = (registry.clone(), calls.clone());
    registry
        .register(Hook::new(move |_| {
            log.write("begin");
            let report = exit(&inner);
            assert_eq!((report.ran, report.running_elsewhere, report.left), (2, 1, 0));
            log.write("end");
        }))
        .unwrap();
    registry.register(calls.hook("C")).unwrap();
    let report = exit(&registry);
    assert_eq!((report.ran, report.running_elsewhere), (2, 0));
    assert_eq!(calls.take(), ["C", "begin", "B", "A", "end"]);
}

/// One frame of the stack for each hook: every hook runs the registry before it does anything else.
#[test]
fn g5_runs_nest_as_deep_as_there_are_hooks() {
    let registry = Arc::new(Registry::<32>::new());
    let depth = Arc::new(AtomicUsize::new(0));
    for _ in 0..32 {
        let (inner, depth) = (registry.clone(), depth.clone());
        let hook = move |_| {
            let below = depth.fetch_add(1, Ordering::Relaxed);
            assert_eq!(exit(&inner).running_elsewhere, below + 1);
        };
        registry.register(Hook::new(hook)).unwrap();
    }
    assert_eq!(exit(&registry).ran, 1);
    assert_eq!(depth.load(Ordering::Relaxed), 32);
}

#[test]
fn g5_a_hook_takes_another_one_and_calls_it() {
    let (registry, calls) = (Arc::new(Registry::<3>::new()), Recorder::default());
    let other = registry.register(calls.hook("taken")).unwrap();
    let inner = registry.clone();
    registry.register(Hook::new(move |cause| inner.take(other).unwrap().call(cause))).unwrap();
    assert_eq!(exit(&registry).ran, 1);
    assert_eq!(calls.take(), ["taken"]);
}

#[test]
fn g5_a_hook_closes_the_registry_and_the_run_goes_on() {
    let (registry, calls) = (Arc::new(Registry::<4>::new()), Recorder::default());
    registry.register(calls.hook("oldest")).unwrap();
    let reserved = registry.reserve().unwrap();
    let (inner, log) = (registry.clone(), calls.clone());
    let closes = move |_| {
        inner.close();
        let late = inner.register(log.hook("too late")).unwrap_err();
        assert!(matches!(late, RegisterError::Closed(_)), "{late}");
    };
    registry.register(Hook::new(closes)).unwrap();
    assert_eq!(exit(&registry).ran, 2);
    assert_eq!(calls.take(), ["oldest"]);
    assert!(matches!(reserved.arm(calls.hook("reserved")), Err(RegisterError::Closed(_))));
    assert!(registry.is_closed() && registry.is_empty());
}

struct Again {
    registry: Registry<4>,
    calls: AtomicUsize,
    own: Mutex<Option<HookId>>,
}

impl Again {
    fn register(self: &Arc<Self>) {
        let this = self.clone();
        let hook = Hook::new(move |_| {
            // The backstop: a run without an end must not be a test without one.
            assert!(this.calls.fetch_add(1, Ordering::Relaxed) < 100, "a run that does not end");
            this.register();
        });
        *self.own.lock().unwrap() = Some(self.registry.register(hook).unwrap());
    }
}

#[test]
fn g5_a_hook_that_registers_itself_again_and_again_is_called_n_extra_times() {
    let again = Arc::new(Again { registry: Registry::new(), calls: AtomicUsize::new(0), own: Mutex::default() });
    again.registry.register(Hook::new(|_| ())).unwrap();
    again.register();
    let report = exit(&again.registry);
    assert_eq!(again.calls.load(Ordering::Relaxed), 1 + 4);
    assert_eq!((report.ran, report.left), (1 + 4 + 1, 1), "the older hook has run, the last newcomer is left");
    assert_eq!(again.registry.ids().next(), *again.own.lock().unwrap());
    // The left one holds the registry, which holds it.
    again.registry.unregister(again.registry.ids().next().unwrap()).unwrap();
}

#[test]
fn g6_a_register_that_never_ends_costs_its_own_slot_alone() {
    let (registry, calls) = (Registry::<3>::new(), Recorder::default());
    registry.register(calls.hook("A")).unwrap();
    std::mem::forget(registry.reserve().unwrap());
    let b = registry.register(calls.hook("B")).unwrap();
    registry.unregister(b).unwrap();
    registry.register(calls.hook("C")).unwrap();
    assert!(registry.register(calls.hook("D")).is_err());
    let report = exit(&registry);
    assert_eq!((report.ran, report.running_elsewhere, report.left), (2, 0, 0));
    assert_eq!(calls.take(), ["C", "A"]);
}

#[test]
fn g6_a_hook_that_never_returns_keeps_no_other_from_running() {
    let (registry, calls) = (Arc::new(Registry::<3>::new()), Recorder::default());
    registry.register(calls.hook("A")).unwrap();
    let (entered, in_hook) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(left);
    let hangs: Box<dyn FnOnce() + Send> = Box::new(move || {
        entered.send(()).unwrap();
        let _ = held.lock().unwrap().recv();
    });
    let hung = registry.register(Hook::new(move |_| hangs())).unwrap();
    let inner = registry.clone();
    let stuck = std::thread::spawn(move || exit(&inner).ran);
    in_hook.recv().unwrap();

    assert_eq!(registry.unregister(hung), Err(UnregisterError::Running));
    registry.register(calls.hook("B")).unwrap();
    let report = exit(&registry);
    assert_eq!((report.ran, report.running_elsewhere), (2, 1));
    assert_eq!(calls.take(), ["B", "A"]);

    drop(leave);
    assert_eq!(stuck.join().unwrap(), 1);
}
