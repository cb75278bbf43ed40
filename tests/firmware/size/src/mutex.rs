//! Baseline: a vector under a mutex that masks interrupts. A fault inside it finds the vector borrowed.

use core::cell::RefCell;

use critical_section::Mutex;
use heapless::Vec;
use terminate_core::Cause;

use crate::a_hook;

type Hooks = Vec<fn(Cause), 8>;

static HOOKS: Mutex<RefCell<Hooks>> = Mutex::new(RefCell::new(Vec::new()));

/// False if it is full.
#[inline]
pub fn register() -> bool {
    critical_section::with(|cs| HOOKS.borrow_ref_mut(cs).push(a_hook).is_ok())
}

/// False if there is none of that number.
#[inline]
pub fn unregister(index: usize) -> bool {
    critical_section::with(|cs| {
        let mut hooks = HOOKS.borrow_ref_mut(cs);
        index < hooks.len() && {
            hooks.remove(index);
            true
        }
    })
}

/// Calls all, the newest first.
#[inline]
pub fn run(cause: Cause) {
    while let Some(hook) = critical_section::with(|cs| HOOKS.borrow_ref_mut(cs).pop()) {
        hook(cause);
    }
}
