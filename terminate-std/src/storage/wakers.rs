//! The wakers of the futures that wait for the end.
//!
//! They are behind a lock. A thread that polls a future or drops one holds it for a moment, maybe inside the allocator. There it
//! can abort, or be suspended for ever. So the runner does not wait for the lock. A hook that polls or drops a future does not
//! either. Where [`Wakers::notify`] finds the list locked, the thread that has it wakes the futures, in
//! [`Wakers::set`]:
//!
//! | the thread that has the list | the runner |
//! | --- | --- |
//! | has locked it | moves the word: the process ends |
//! | puts a waker into it, or takes one out | fence |
//! | unlocks it | tries to lock it, and wakes them if that succeeds |
//! | fence | |
//! | tries the same, if the process ends | |
//!
//! The fences are in one order. If the right one is first, the left side sees that the process ends. If the left one is first,
//! the right side sees the list unlocked, or locked by a thread that came later, for which the same argument holds.
//!
//! If the thread that has the list never goes on, the futures are not woken, though the hooks run. A thread that came to `poll`
//! or `drop` before the end may wait for it there; a hook must not wait for such a thread.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;

/// Boxed, so that the static which has it is all zero, and takes no room in the program's file.
type List = Option<Box<Vec<(u64, Waker)>>>;

pub(crate) struct Wakers {
    list: Mutex<List>,
    next_key: AtomicU64,
}

impl Wakers {
    pub(crate) const fn new() -> Self {
        Self { list: Mutex::new(None), next_key: AtomicU64::new(0) }
    }

    /// The name of one more future.
    pub(crate) fn new_key(&self) -> u64 {
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a waker in the place of the future's last one, or takes that out. `life` tells whether the process lives, or ends.
    /// If the list cannot be had, the future looks again; a waker that stays there is woken for nothing, or never.
    pub(crate) fn set(&self, key: u64, waker: Option<Waker>, life: impl Fn() -> Life) {
        let Some(mut list) = self.lock(life()) else { return waker.map_or((), Waker::wake) };
        let wakers = list.get_or_insert_default();
        let at = wakers.iter().position(|(other, _)| *other == key);
        let old = at.map(|at| wakers.swap_remove(at));
        wakers.extend(waker.map(|waker| (key, waker)));
        drop(list);
        fence(Ordering::SeqCst);
        if life() == Life::Ends {
            self.notify();
        }
        // A waker that is dropped may run anything, this function too: not while the list is locked.
        drop(old);
    }

    /// Whether no future waits; a guess while another thread has the list.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock(Life::Ends).is_some_and(|list| list.as_ref().is_none_or(|wakers| wakers.is_empty()))
    }

    /// Wakes every future, unless another thread has the list, which wakes them then: the process ends.
    pub(crate) fn notify(&self) {
        // Pairs with the fence in `set`. If this does not see the new list, `set` sees that the process ends.
        fence(Ordering::SeqCst);
        // Taken out first: a waker may run anything. And without the allocator, so that no thread stays inside it with the list.
        let Some(woken) = self.lock(Life::Ends).and_then(|mut list| list.take()) else { return };
        for (_, waker) in *woken {
            // The panic hook has reported a panic; the others are to be woken, and the hooks to run.
            if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                mem::forget(payload);
            }
        }
    }

    /// Only tries to, while hooks run: a hook must not wait for a thread that has the list. No thread that has it panics, so
    /// the lock is not poisoned.
    fn lock(&self, life: Life) -> Option<MutexGuard<'_, List>> {
        if life == Life::Goes { self.list.lock().ok() } else { self.list.try_lock().ok() }
    }
}

/// What the process does at one moment, as far as wakers are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Goes,
    Interrupted,
    Ends,
}
