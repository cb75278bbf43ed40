//! Closing: no hook can be registered any more. [`crate::registry`] says why this is right.

use crate::atomic::Ordering;
use crate::registry::Registry;
use crate::slot::Slot;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Closes the registry for good. After that every [`register`](Self::register) and [`arm`](crate::Reservation::arm) fails, and
    /// hands its hook back.
    ///
    /// A [`run`](Self::run) that starts after `close` has returned finds every hook whose `register` succeeded, on any thread.
    /// So a program that calls `close` and then `run` loses no hook: each one has run or was handed back. Registered hooks
    /// stay registered. `unregister`, `take`, `call` and `run` work as before.
    ///
    /// ```
    /// use terminate_core::{Cause, Context, Hook, RegisterError, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// REGISTRY.register(Hook::new(|_| println!("in time")))?;
    /// REGISTRY.close();
    /// let late = REGISTRY.register(Hook::new(|cause| println!("too late: {cause}"))).unwrap_err();
    /// assert!(matches!(late, RegisterError::Closed(_)));
    /// assert_eq!(REGISTRY.run(Cause::Exit, Context::Thread).ran, 1);
    /// late.into_hook().call(Cause::Exit);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn close(&self) {
        let mut header = self.header.load(Ordering::Relaxed);
        while let Err(now) = self.header.exchange(header, word::closed(header)) {
            header = now;
        }
        // Also if the registry was closed before: that `close` may be suspended half-way.
        self.used_slots().iter().for_each(Slot::seal);
    }

    /// Whether the registry is [closed](Self::close): every `register` that starts now fails.
    ///
    /// A `register` that started before may still succeed until `close` returns.
    ///
    /// ```
    /// use terminate_core::Registry;
    /// static REGISTRY: Registry<8> = Registry::new();
    /// assert!(!REGISTRY.is_closed());
    /// REGISTRY.close();
    /// assert!(REGISTRY.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        word::is_closed(self.header.load(Ordering::Acquire))
    }
}
