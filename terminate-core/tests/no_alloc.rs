//! No call of the registry allocates (G3), counted by an allocator that does nothing else.
//!
//! Seen red: with `drop(Box::new(0))` in a hook, and with a `format!` in a hook that a nested run calls.
#![cfg(not(loom))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use terminate_core::{Cause, Context, Hook, Phase, Registry, SignalNumber, Table, Triggers, hooks};

struct Counting;

// Per thread, since the test harness allocates on its own.
thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: the system's allocator, and a counter that needs neither memory nor a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        count();
        // SAFETY: as the caller says.
        unsafe { System.dealloc(address, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `f` returns, after a check that it neither allocated nor freed.
fn without_allocation<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let before = ALLOCATIONS.get();
    let value = f();
    let after = ALLOCATIONS.get();
    assert_eq!(after - before, 0, "{what} allocated or freed");
    value
}

#[test]
fn the_allocator_counts() {
    let before = ALLOCATIONS.get();
    drop(black_box(Box::new(0)));
    assert_eq!(ALLOCATIONS.get() - before, 2);
}

static REGISTRY: Registry<16> = Registry::new();

fn nested(cause: Cause) {
    let late = REGISTRY.register(Hook::new(|_| ())).ok();
    let newer = REGISTRY.register(Hook::new(|_| ()).phase(Phase::Last)).ok();
    if let Some(id) = late {
        let _ = REGISTRY.take(id).map(|hook| hook.call(cause));
    }
    let _ = newer.map(|id| REGISTRY.contains(id));
    black_box(REGISTRY.run(cause, Context::Thread).ran);
}

#[test]
fn g3_no_call_of_the_registry_allocates() {
    let one = Triggers::signal(SignalNumber::new(1).unwrap());
    without_allocation("register", || {
        for seed in 0..12_usize {
            let phase = [Phase::First, Phase::Main, Phase::Last][seed % 3];
            let words = [seed, seed];
            // SAFETY: runs in a handler by name only.
            let hook = unsafe { Hook::handler_safe(move |_| _ = black_box(words)) };
            REGISTRY.register(hook.phase(phase)).unwrap();
        }
    });
    without_allocation("reserve", || {
        drop(REGISTRY.reserve().unwrap());
        REGISTRY.reserve().unwrap().arm(Hook::new(nested).triggers(one)).unwrap();
        REGISTRY.reserve().unwrap().arm(Hook::new(nested).triggers(one | Triggers::EXIT)).unwrap();
    });
    let id = without_allocation("ids", || REGISTRY.ids().next().unwrap());
    assert!(without_allocation("contains", || REGISTRY.contains(id)));
    assert_eq!(without_allocation("len", || REGISTRY.len()), 14);
    without_allocation("unregister", || REGISTRY.unregister(id)).unwrap();
    assert!(without_allocation("unregister of a stale id", || REGISTRY.unregister(id)).is_err());
    without_allocation("take", || {
        let hook = REGISTRY.take(REGISTRY.ids().next().unwrap()).unwrap();
        REGISTRY.register(hook)
    })
    .unwrap();
    without_allocation("register when full", || {
        while REGISTRY.register(Hook::new(|_| ()).triggers(Triggers::PANIC)).is_ok() {}
        assert_eq!(REGISTRY.len(), REGISTRY.capacity());
    });
    let handler = without_allocation("run in a handler", || REGISTRY.run(Cause::Exit, Context::Handler));
    assert_eq!((handler.ran, handler.left), (11, 1));
    let all = [Cause::Signal(SignalNumber::new(1).unwrap()), Cause::Exit, Cause::Panic];
    let ran = without_allocation("nested runs", || all.map(|cause| REGISTRY.run(cause, Context::Thread).ran));
    assert_eq!(ran, [1, 2, 3], "one that runs the other, what both registered, what filled the registry");
    assert!(REGISTRY.is_empty());
    let reservation = REGISTRY.reserve().unwrap();
    without_allocation("close", || REGISTRY.close());
    assert!(without_allocation("arm when closed", || reservation.arm(Hook::new(|_| ()))).is_err());
    assert!(without_allocation("register when closed", || REGISTRY.register(Hook::new(|_| ()))).is_err());
}

static TABLE: Table = hooks![|_| _ = black_box(1), |cause| _ = black_box(cause)];

#[test]
fn g3_no_run_of_a_table_allocates() {
    let ran = without_allocation("Table::run", || TABLE.run(Cause::Exit, Context::Thread));
    assert_eq!(ran, 2);
}
