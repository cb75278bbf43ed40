//! Calling one hook: in a run, or by its id.

use crate::cause::Cause;
use crate::error::UnregisterError;
use crate::id::HookId;
use crate::registry::Registry;
use crate::slot::Slot;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Calls the hook of that id now, whatever causes it requests. Other calls see it as running meanwhile, as in a run.
    ///
    /// ```
    /// use terminate_core::{Cause, Hook, Registry, UnregisterError};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|cause| println!("{cause}")))?;
    /// assert_eq!(REGISTRY.call(id, Cause::Exit), Ok(()));
    /// assert_eq!(REGISTRY.call(id, Cause::Exit), Err(UnregisterError::Stale));
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`unregister`](Self::unregister).
    pub fn call(&self, id: HookId, cause: Cause) -> Result<(), UnregisterError> {
        let (index, slot) = self.claim(id, word::RUNNING)?;
        // SAFETY: just claimed.
        unsafe { self.call_claimed(cause, index, slot) };
        Ok(())
    }

    /// Calls the hook, and puts the slot back on the free list.
    ///
    /// # Safety
    ///
    /// The caller has claimed the slot, and does not touch it after this call.
    pub(crate) unsafe fn call_claimed(&self, cause: Cause, index: usize, slot: &Slot<WORDS>) {
        let _release = ReleaseOnDrop { registry: self, index, slot };
        // SAFETY: claimed by the caller.
        unsafe { slot.call(cause) };
    }
}

/// Puts the slot back on the free list when the call of its hook ends, also by a panic.
struct ReleaseOnDrop<'r, const N: usize, const WORDS: usize> {
    registry: &'r Registry<N, WORDS>,
    index: usize,
    slot: &'r Slot<WORDS>,
}

impl<const N: usize, const WORDS: usize> Drop for ReleaseOnDrop<'_, N, WORDS> {
    fn drop(&mut self) {
        self.registry.release(self.index, self.slot);
    }
}
