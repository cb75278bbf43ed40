//! Unregistering hooks, claiming and releasing slots. [`crate::registry`] says why this is right.

use crate::atomic::{Bits, Ordering};
use crate::error::UnregisterError;
use crate::hook::Hook;
use crate::id::HookId;
use crate::registry::Registry;
use crate::slot::Slot;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Unregisters the hook and drops it.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| unreachable!()))?;
    /// REGISTRY.unregister(id).unwrap();
    /// assert!(REGISTRY.is_empty());
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnregisterError::Running`] if a run is calling the hook; `unregister` does not wait for it. [`UnregisterError::Stale`] if
    /// the hook has run or was unregistered before.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub fn unregister(&self, id: HookId) -> Result<(), UnregisterError> {
        let (index, slot) = self.claim(id, word::LEAVING)?;
        // SAFETY: just claimed.
        let payload = unsafe { slot.take_payload() };
        self.release(index, slot);
        payload.discard();
        Ok(())
    }

    /// Unregisters the hook and returns it, for instance to [call](Hook::call) it now.
    ///
    /// ```
    /// use terminate_core::{Cause, Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|cause| println!("now: {cause}")))?;
    /// REGISTRY.take(id).unwrap().call(Cause::Exit);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`unregister`](Self::unregister).
    pub fn take(&self, id: HookId) -> Result<Hook<WORDS>, UnregisterError> {
        let (index, slot) = self.claim(id, word::LEAVING)?;
        // SAFETY: just claimed. The claim has changed the state only.
        let hook = unsafe { slot.take(slot.load_relaxed()) };
        self.release(index, slot);
        Ok(hook)
    }

    /// Claims the slot of that hook: the caller owns it now.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub(crate) fn claim(&self, id: HookId, state: Bits) -> Result<(usize, &Slot<WORDS>), UnregisterError> {
        let index = id.slot();
        let slot = self.slots.get(index).ok_or(UnregisterError::Stale)?;
        loop {
            let seen = slot.load();
            let is_this = word::ticket(seen) == word::ticket(id.0);
            match word::state(seen) {
                word::ARMED if is_this => {}
                word::RUNNING if is_this => return Err(UnregisterError::Running),
                _ => return Err(UnregisterError::Stale),
            }
            if slot.claim(seen, state) {
                return Ok((index, slot));
            }
        }
    }

    /// Puts a slot that the caller owns back on the free list. Of a closed registry, it only marks the slot as free.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub(crate) fn release(&self, index: usize, slot: &Slot<WORDS>) {
        let mut header = self.header.load(Ordering::Relaxed);
        loop {
            slot.free(index, word::index(header));
            if word::is_closed(header) {
                return;
            }
            match self.header.exchange(header, word::header_with(header, index)) {
                Ok(()) => return,
                Err(now) => header = now,
            }
        }
    }
}
