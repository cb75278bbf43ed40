//! Waiting until a word changes, by semaphores: `sem_post` is the one way to wake a thread that POSIX allows in a handler, and needs no
//! descriptor.
//!
//! A thread that waits takes a place in a table, with a semaphore of its own, and notes the word there:
//!
//! | a thread that waits | a thread that wakes |
//! | --- | --- |
//! | notes the word in its place | changes the word |
//! | fence | fence |
//! | reads the word, and waits for its semaphore if it has the value | posts the semaphore of each place that has the word noted |
//!
//! The fences are in one order. So either the left side sees the change, or the right side sees the note, and no change is missed. A post
//! may come late, to a place that another thread has by now. That thread returns early, which it may, and looks at its own word.
//!
//! The table belongs to a process: a forked child makes another one, as it gets its number.

use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
use std::time::Duration;
use std::{array, ptr};

use super::system::Semaphore;

/// So many threads can wait at once. More look every now and then.
const PLACES: usize = 64;
/// How often these look, in milliseconds.
const NAP: libc::c_int = 1;

struct Place {
    /// The address of the word; zero if the place is free.
    word: AtomicUsize,
    semaphore: Semaphore,
}

pub(super) struct Waiters {
    places: [Place; PLACES],
}

impl Waiters {
    /// A table that stays where it is, or `None` if the system has no semaphores to give.
    pub(super) fn new() -> Option<Box<Self>> {
        let new = Box::new(Self {
            places: array::from_fn(|_| Place { word: AtomicUsize::new(0), semaphore: Semaphore::new() }),
        });
        new.places.iter().all(|place| place.semaphore.init()).then_some(new)
    }
}

/// The table of this process; null before it has a number. None is freed.
pub(super) static WAITERS: AtomicPtr<Waiters> = AtomicPtr::new(ptr::null_mut());

fn places() -> &'static [Place] {
    // SAFETY: null, or from `Box::into_raw`, and never freed.
    unsafe { WAITERS.load(Ordering::Acquire).as_ref() }.map_or(&[], |waiters| &waiters.places)
}

/// Sleeps so many milliseconds, or until a signal has been handled. This is async-signal-safe: POSIX allows `poll` in a handler, and
/// not `nanosleep`.
pub(super) fn sleep(milliseconds: libc::c_int) {
    // SAFETY: reads no descriptors.
    unsafe { libc::poll(ptr::null_mut(), 0, milliseconds) };
}

/// Waits while the word has that value, at most that long; may return early. This is async-signal-safe.
pub(crate) fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    let address = word.as_ptr() as usize;
    let is_free =
        |place: &&Place| place.word.compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    let Some(place) = places().iter().find(is_free) else {
        sleep(NAP);
        return;
    };
    fence(Ordering::SeqCst);
    if word.load(Ordering::Relaxed) == value {
        place.semaphore.wait(limit);
    }
    place.word.store(0, Ordering::Release);
}

/// Wakes every thread that waits for the word. This is async-signal-safe.
pub(crate) fn wake(word: &AtomicU32) {
    let address = word.as_ptr() as usize;
    fence(Ordering::SeqCst);
    for place in places() {
        if place.word.load(Ordering::Relaxed) == address {
            place.semaphore.post();
        }
    }
}
