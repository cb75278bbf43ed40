//! A static that begins anew in a forked child.
//!
//! A child inherits every word as its parent left it: in the middle of an end, with a watcher that the child does not have.
//! When the child registers its first hook, it has to begin with zeros. To write them over what is there would be wrong if
//! two threads of the child registered at the same time:
//!
//! | one thread | the other one |
//! | --- | --- |
//! | the hooks are the parent's | the hooks are the parent's |
//! | writes zeros; the hooks are ours | |
//! | starts the watcher, registers a hook | writes zeros: there is no watcher |
//! | a signal comes, and the hook does not run | |
//!
//! So nothing is written over. The child's value is another one, made by whoever comes first and found by all others: one
//! exchange of a pointer, from the parent's value, which is never freed, to the child's. Whoever comes late fails at that,
//! however late, and nobody waits for anybody.

use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// What a process may begin with as zeros.
///
/// # Safety
///
/// A value of which every byte is zero is a valid one.
pub(crate) unsafe trait Zeroed: 'static {}

// SAFETY: all of them are as integers, or null.
unsafe impl Zeroed for AtomicBool {}
// SAFETY: as above.
unsafe impl Zeroed for AtomicI32 {}
// SAFETY: as above.
unsafe impl Zeroed for AtomicU32 {}
// SAFETY: as above.
unsafe impl Zeroed for AtomicU64 {}
// SAFETY: as above.
unsafe impl Zeroed for AtomicUsize {}
// SAFETY: as above.
unsafe impl<T: 'static> Zeroed for AtomicPtr<T> {}
// SAFETY: nothing but its elements.
unsafe impl<T: Zeroed, const N: usize> Zeroed for [T; N] {}

const fn zeroed<T: Zeroed>() -> T {
    // SAFETY: promised by the trait.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// Used as the value itself, of which each process has its own from [`PerProcess::begin_anew`] on.
///
/// The value begins in the cache line of the pointer, since a handler finds neither in the cache.
#[repr(C, align(64))]
pub(crate) struct PerProcess<T: 'static> {
    /// Of a forked child that registers, and of its own children until they do; else null.
    own: AtomicPtr<Own<T>>,
    /// Of the first process that does.
    first: T,
}

struct Own<T> {
    process: i32,
    value: T,
}

impl<T: Zeroed> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { own: AtomicPtr::new(ptr::null_mut()), first: zeroed() }
    }

    /// Has this process begin with zeros, unless another thread of it has seen to that.
    pub(crate) fn begin_anew(&'static self, process: i32) {
        let inherited = self.own.load(Ordering::Acquire);
        // SAFETY: null, or made by `Box::into_raw` and never freed.
        if unsafe { inherited.as_ref() }.is_some_and(|own| own.process == process) {
            return;
        }
        let new = Box::into_raw(Box::new(Own { process, value: zeroed() }));
        // Release: pairs with the Acquire in `deref`.
        if self.own.compare_exchange(inherited, new, Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: just made by `into_raw`, and seen by nobody.
            drop(unsafe { Box::from_raw(new) });
        }
    }
}

/// This is async-signal-safe.
impl<T> Deref for PerProcess<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: null, or made by `Box::into_raw` and never freed.
        unsafe { self.own.load(Ordering::Acquire).as_ref() }.map_or(&self.first, |own| &own.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_begins_with_zeros_once() {
        static WORD: PerProcess<AtomicU32> = PerProcess::new();
        for process in [2, 3] {
            WORD.store(7, Ordering::Relaxed);
            WORD.begin_anew(process);
            assert_eq!(WORD.load(Ordering::Relaxed), 0);
            WORD.store(7, Ordering::Relaxed);
            WORD.begin_anew(process);
            assert_eq!(WORD.load(Ordering::Relaxed), 7, "whoever comes late changes nothing");
        }
    }

    #[test]
    fn threads_that_begin_anew_at_once_share_what_the_first_one_made() {
        static WORD: PerProcess<AtomicU32> = PerProcess::new();
        for process in 2..500 {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        WORD.begin_anew(process);
                        WORD.fetch_add(1, Ordering::Relaxed);
                    });
                }
            });
            assert_eq!(WORD.load(Ordering::Relaxed), 4);
        }
    }
}
