//! What constrained binaries rely on: registries in statics, all zero; tables of plain functions; sizes.
//!
//! Seeds: `table_again`.
#![cfg(not(loom))]

use std::mem::{MaybeUninit, size_of};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use terminate_core::{Cause, Context, Entry, Hook, HookId, Registry, SignalNumber, Table, hooks};

static REGISTRY: Registry<8, 1> = Registry::new();

#[test]
fn a_registry_in_a_static_is_ready_for_use() {
    const HOOK: Hook<1> = Hook::new(|_| ());
    REGISTRY.register(HOOK).unwrap();
    assert_eq!(REGISTRY.run(Cause::Exit, Context::Thread).ran, 1);
}

#[test]
fn a_registry_without_words_takes_plain_functions() {
    static PLAIN: Registry<2, 0> = Registry::new();
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn count(_: Cause) {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
    PLAIN.register(Hook::new(count)).unwrap();
    let _ = PLAIN.run(Cause::Exit, Context::Thread);
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
}

/// So that memory which a loader has zeroed is a registry.
#[test]
fn an_all_zero_registry_is_a_new_one() {
    // SAFETY: that it is valid is what the crate promises; the words are integers, the payloads `MaybeUninit`.
    let registry: Registry<3> = unsafe { MaybeUninit::zeroed().assume_init() };
    assert!(registry.is_empty());
    let slots = [(); 3].map(|()| registry.register(Hook::new(|_| ())).unwrap().slot());
    assert_eq!(slots, [0, 1, 2]);
    assert!(registry.register(Hook::new(|_| ())).is_err());
    assert_eq!(registry.run(Cause::Exit, Context::Thread).ran, 3);
}

/// And the other way round, so that a static lies in `.bss`.
#[test]
fn a_new_registry_is_all_zero() {
    static FRESH: Registry<3> = Registry::new();
    // The words of the header and of each slot; where words are narrow, there is padding, which cannot be read.
    if size_of::<HookId>() == size_of::<u64>() {
        let words = size_of::<Registry<3>>() / size_of::<usize>();
        let first = (&raw const FRESH).cast::<MaybeUninit<usize>>();
        for at in 0..words {
            // SAFETY: inside the static, which nobody changes; no padding, and what is not yet a hook was zeroed.
            let word = unsafe { first.add(at).read().assume_init() };
            assert_eq!(word, 0, "word {at}");
        }
    }
}

#[test]
fn sizes_are_what_the_documentation_says() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Hook<3>>() - size_of::<Hook<1>>(), 2 * word, "the closure is held inline");
    let slot = size_of::<Registry<2, 1>>() - size_of::<Registry<1, 1>>();
    assert_eq!(slot, (size_of::<HookId>() + size_of::<u64>()).next_multiple_of(word) + 2 * word);
    // The header; and where words are wide, the high-water mark.
    let head = if size_of::<HookId>() == size_of::<u64>() { 2 * size_of::<u64>() } else { word };
    assert_eq!(size_of::<Registry<8, 1>>(), 8 * slot + head);
    assert_eq!(size_of::<Option<SignalNumber>>(), 1);
}

/// A table is a constant, so what its functions did is in a static too.
static CALLED: Mutex<Vec<(&str, Cause)>> = Mutex::new(Vec::new());
// One test at a time may look at it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn first(cause: Cause) {
    CALLED.lock().unwrap().push(("first", cause));
}

fn second(cause: Cause) {
    CALLED.lock().unwrap().push(("second", cause));
}

fn called() -> Vec<(&'static str, Cause)> {
    std::mem::take(&mut CALLED.lock().unwrap())
}

#[test]
fn g1_the_functions_of_a_table_are_called_once_in_the_order_written() {
    static TABLE: Table = hooks![first, second];
    let _alone = ONE_AT_A_TIME.lock();
    assert_eq!(TABLE.run(Cause::Panic, Context::Thread), 2);
    assert_eq!(TABLE.run(Cause::Exit, Context::Thread), 0);
    assert_eq!(called(), [("first", Cause::Panic), ("second", Cause::Panic)]);
}

#[test]
fn g4_the_ordinary_functions_of_a_table_are_left_for_a_thread() {
    // SAFETY: `second` runs in a handler by name only.
    static TABLE: Table = hooks![first, unsafe second];
    let _alone = ONE_AT_A_TIME.lock();
    assert_eq!(TABLE.run(Cause::Exit, Context::Handler), 1);
    assert_eq!(called(), [("second", Cause::Exit)]);
    assert_eq!(TABLE.run(Cause::Exit, Context::Thread), 1);
    assert_eq!(called(), [("first", Cause::Exit)]);
}

#[test]
fn g5_a_function_of_a_table_runs_what_is_left_of_it() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn runs(cause: Cause) {
        assert_eq!(CALLS.fetch_add(1, Ordering::Relaxed), 0, "called again");
        assert_eq!(TABLE.run(cause, Context::Thread), 1);
    }
    static TABLE: Table = hooks![runs, first];
    let _alone = ONE_AT_A_TIME.lock();
    assert_eq!(TABLE.run(Cause::Exit, Context::Thread), 1);
    assert_eq!(called(), [("first", Cause::Exit)]);
}

#[test]
fn a_table_may_be_empty_and_may_end_with_a_comma() {
    static EMPTY: Table = hooks![];
    static COMMA: Table = hooks![|_| (),];
    assert_eq!(EMPTY.run(Cause::Exit, Context::Thread), 0);
    assert_eq!(COMMA.run(Cause::Exit, Context::Thread), 1);
    let _: Entry = Entry::new(first);
}
