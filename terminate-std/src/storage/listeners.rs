//! The functions of [`interrupt::on`](crate::interrupt::on), by the signals that they are for.
//!
//! The list is behind a lock, which no handler takes. A function is called without that lock: it may add or drop listeners, its own too.
//! The lock of a function itself is never waited for, since one thread calls them all.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

type Function = Mutex<Box<dyn FnMut(Signal) + Send>>;

struct Entry {
    key: u64,
    signals: SignalSet,
    /// Whether its signals interrupt calls.
    interrupts_calls: bool,
    function: Arc<Function>,
}

/// It is boxed so that an empty list is all zero: then the static that has it takes no room in the program's file.
type List = Option<Box<Vec<Entry>>>;

pub(crate) struct Listeners {
    list: Mutex<List>,
    /// The signals of all of them, for a handler.
    signals: AtomicU64,
}

impl Listeners {
    pub(crate) const fn new() -> Self {
        Self { list: Mutex::new(None), signals: AtomicU64::new(0) }
    }

    /// Whether there is a function for the signal. This is async-signal-safe.
    pub(crate) fn has(&self, signal: Signal) -> bool {
        SignalSet::from_bits(self.signals.load(Ordering::Acquire)).contains(signal)
    }

    /// Adds a function. Its key is for [`remove`](Self::remove).
    pub(crate) fn add(&self, signals: SignalSet, function: Box<dyn FnMut(Signal) + Send>) -> u64 {
        let mut locked = self.lock();
        let list = locked.get_or_insert_default();
        let key = list.last().map_or(1, |last| last.key + 1);
        list.push(Entry { key, signals, interrupts_calls: false, function: Arc::new(Mutex::new(function)) });
        self.publish(list);
        key
    }

    pub(crate) fn remove(&self, key: u64) {
        let mut locked = self.lock();
        let list = locked.get_or_insert_default();
        let removed = list.iter().position(|entry| entry.key == key).map(|at| list.remove(at));
        self.publish(list);
        // What a function owns may do anything when it is dropped: not while the list is locked.
        drop(locked);
        drop(removed);
    }

    /// Lets the signals of that function interrupt calls.
    pub(crate) fn let_interrupt(&self, key: u64) {
        let mut locked = self.lock();
        let mut list = locked.iter_mut().flat_map(|list| list.iter_mut());
        if let Some(entry) = list.find(|entry| entry.key == key) {
            entry.interrupts_calls = true;
        }
    }

    /// Whether the signal is to interrupt calls, for any of the functions.
    pub(crate) fn interrupt_calls(&self, signal: Signal) -> bool {
        let locked = self.lock();
        locked.iter().flat_map(|list| list.iter()).any(|entry| entry.interrupts_calls && entry.signals.contains(signal))
    }

    /// Calls the functions for the signal, oldest first, as long as they may be called. If a function panics, the panic hook reports it.
    /// The function is called the next time too.
    pub(crate) fn call(&self, signal: Signal, may_call: impl Fn() -> bool) {
        let of_signal = |entry: &&Entry| entry.signals.contains(signal);
        let of_all =
            |list: &Vec<Entry>| list.iter().filter(of_signal).map(|entry| Arc::clone(&entry.function)).collect();
        let functions: Vec<_> = self.lock().as_deref().map(of_all).unwrap_or_default();
        for function in functions {
            if !may_call() {
                break;
            }
            // If the function has dropped its own listener, it is dropped here, and what it owns may panic too.
            let call = move || (function.lock().unwrap_or_else(PoisonError::into_inner))(signal);
            if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(call)) {
                // Its destructor may panic.
                mem::forget(payload);
            }
        }
    }

    fn publish(&self, list: &[Entry]) {
        let all = list.iter().fold(SignalSet::EMPTY, |all, entry| all.union(entry.signals));
        self.signals.store(all.to_bits(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
