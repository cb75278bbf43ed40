//! Closing: from then on no hook is registered. [`crate::registry`] has the argument.

use crate::atomic::Ordering;
use crate::registry::Registry;
use crate::slot::Slot;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Closes the registry, for good: every later `register` and [`arm`](Reservation::arm) fails and hands its hook back.
    ///
    /// A [`run`](Self::run) that starts after `close` has returned sees every hook whose `register` succeeded, on whatever
    /// thread. So a program that closes and then runs loses no hook: each one has run or was handed back. Hooks that are
    /// registered stay registered, and `unregister`, `take`, `call` and `run` work as before.
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
        // Again where it was closed before: that `close` may not have come to its end.
        self.used_slots().iter().for_each(Slot::seal);
    }

    /// Whether the registry is [closed](Self::close).
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
