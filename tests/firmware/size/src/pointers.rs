//! Baseline: an array of function pointers and a counter, as ESP-IDF has for its shutdown handlers. Not safe against
//! interrupts, no order but one, nothing to take back.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use core::{mem, ptr};

use terminate_core::Cause;

use crate::a_hook;

static HOOKS: [AtomicPtr<()>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// False if it is full.
#[inline]
pub fn register() -> bool {
    let at = COUNT.load(Relaxed);
    let Some(place) = HOOKS.get(at) else { return false };
    place.store(a_hook as fn(Cause) as *mut (), Relaxed);
    COUNT.store(at + 1, Relaxed);
    true
}

/// Calls all, the newest first.
#[inline]
pub fn run(cause: Cause) {
    for place in HOOKS.iter().take(COUNT.load(Relaxed)).rev() {
        // SAFETY: the first COUNT places hold functions of that type.
        let function: fn(Cause) = unsafe { mem::transmute(place.load(Relaxed)) };
        function(cause);
    }
}
