//! What a hook was made of is freed again, whichever way the hook goes; after a run, by the next hook of its slot.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::time::Duration;

use terminate_std::interrupt::sleep;
use terminate_std::{Cause, Hook, Signal, unregister};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

static BLOCKS: AtomicIsize = AtomicIsize::new(0);

// SAFETY: hands everything on to the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// What a hook calls. It owns a word: the box of a function without a size allocates nothing, and would not be missed.
fn function() -> impl FnOnce(Cause) + Send + 'static {
    let word = hint::black_box(1_usize);
    move |_| _ = hint::black_box(word)
}

fn ordinary() -> Hook {
    Hook::new(function()).signals([]).name("a name".to_owned())
}

fn safe() -> Hook {
    // SAFETY: it looks at a number.
    unsafe { Hook::handler_safe(function()) }.signals([]).name("a name".to_owned())
}

fn run_by_an_interrupt(hook: Hook) {
    hook.signals([Signal::INT]).interrupt_on_sigint(true).register().unwrap();
    // SAFETY: our handler is in place.
    unsafe { libc::raise(libc::SIGINT) };
    while sleep(Duration::from_secs(1)).is_ok() {}
}

/// The ways that a hook may go. The first one is in a handler, since there is no ordinary hook yet.
const WAYS: [(&str, fn()); 11] = [
    ("handler-safe, run in a handler", || run_by_an_interrupt(safe())),
    ("handler-safe, called by its guard", || drop(safe().guard().unwrap())),
    ("handler-safe, disarmed", || assert!(safe().guard().unwrap().disarm())),
    ("handler-safe, unregistered", || unregister(safe().register().unwrap()).unwrap()),
    ("handler-safe, never registered", || drop(safe())),
    ("ordinary, called by its guard", || drop(ordinary().guard().unwrap())),
    ("ordinary, disarmed", || assert!(ordinary().guard().unwrap().disarm())),
    ("ordinary, unregistered", || unregister(ordinary().register().unwrap()).unwrap()),
    ("ordinary, never registered", || drop(ordinary())),
    ("ordinary, run by the runner", || run_by_an_interrupt(ordinary())),
    ("handler-safe, run by the runner", || run_by_an_interrupt(safe())),
];

// One test, since the allocator counts what all threads do.
#[test]
fn hooks_that_ran_or_were_taken_back_leave_no_memory_behind() {
    let mut leaks = Vec::new();
    for (way, go) in WAYS {
        // What the first registration sets up stays.
        go();
        let before = BLOCKS.load(Ordering::Relaxed);
        (0..1000).for_each(|_| go());
        let left = BLOCKS.load(Ordering::Relaxed) - before;
        // Other threads of the process may have a block or two by now.
        if left >= 100 {
            leaks.push(format!("{way}: {left} blocks are left of 1000 hooks"));
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");

    let dropped = std::sync::Arc::new(AtomicBool::new(false));
    let captured = SetOnDrop(dropped.clone());
    // SAFETY: it is never called in a handler, since it asks for no signal.
    let hook = unsafe { Hook::handler_safe(move |_| drop(captured)) };
    let id = hook.signals([]).register().unwrap();
    assert!(!dropped.load(Ordering::Relaxed));
    unregister(id).unwrap();
    assert!(dropped.load(Ordering::Relaxed), "what a hook captured is dropped when it is taken back");
}

struct SetOnDrop(std::sync::Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
