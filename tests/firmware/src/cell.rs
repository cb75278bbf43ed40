//! A function that an interrupt is to call: set by the program, called by the board.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Holds a function, or none.
pub struct Action(AtomicUsize);

#[allow(clippy::new_without_default, reason = "it is made for statics")]
impl Action {
    /// None.
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// From now on, this one.
    pub fn set(&self, function: fn()) {
        self.0.store(function as usize, Ordering::Release);
    }

    /// Calls it, if there is one.
    pub fn call(&self) {
        let address = self.0.load(Ordering::Acquire);
        if address != 0 {
            // SAFETY: only `set` writes it, and it writes functions.
            let function: fn() = unsafe { core::mem::transmute(address) };
            function();
        }
    }
}
