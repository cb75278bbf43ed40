//! [`Reservation`]: a registration in two steps.

use core::mem::ManuallyDrop;

use crate::atomic::Bits;
use crate::{Hook, HookId, RegisterError, Registry, ReserveError, word};

/// A slot that is taken, and not yet armed: see [`Registry::reserve`].
///
/// ```
/// use terminate_core::Registry;
/// static REGISTRY: Registry<8> = Registry::new();
/// let slot = REGISTRY.reserve()?;
/// assert!(REGISTRY.is_empty(), "it is taken, and nothing is in it");
/// drop(slot);
/// # Ok::<(), terminate_core::ReserveError>(())
/// ```
#[must_use = "dropping a reservation gives the slot back"]
pub struct Reservation<'r, const N: usize, const WORDS: usize = 3> {
    registry: &'r Registry<N, WORDS>,
    id: HookId,
    /// The slot's word. Until it is armed, `close` alone may change it.
    free: Bits,
}

impl<'r, const N: usize, const WORDS: usize> Reservation<'r, N, WORDS> {
    pub(crate) const fn new(registry: &'r Registry<N, WORDS>, id: HookId, free: Bits) -> Self {
        Self { registry, id, free }
    }

    /// The id that the hook will have.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let slot = REGISTRY.reserve()?;
    /// let id = slot.id();
    /// assert_eq!(slot.arm(Hook::new(|_| ())).unwrap(), id);
    /// # Ok::<(), terminate_core::ReserveError>(())
    /// ```
    #[must_use]
    pub const fn id(&self) -> HookId {
        self.id
    }

    /// Puts the hook into the slot: from now on it is registered.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let slot = REGISTRY.reserve()?;
    /// let id = slot.arm(Hook::new(|_| ())).unwrap();
    /// assert!(REGISTRY.contains(id));
    /// # Ok::<(), terminate_core::ReserveError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegisterError::Closed`], with the hook in it, if the registry was [closed](Registry::close) after the slot was
    /// reserved.
    pub fn arm(self, hook: Hook<WORDS>) -> Result<HookId, RegisterError<WORDS>> {
        let hook = ManuallyDrop::new(hook);
        // SAFETY: on success the hook is the slot's, and forgotten here.
        unsafe { self.arm_with(&hook) }.map_err(|error| error.with(ManuallyDrop::into_inner(hook)))
    }

    /// As `arm`, with a hook that stays here if it fails.
    ///
    /// # Safety
    ///
    /// On success the caller forgets the hook: it is in the slot.
    #[inline]
    pub(crate) unsafe fn arm_with(self, hook: &Hook<WORDS>) -> Result<HookId, ReserveError> {
        let this = ManuallyDrop::new(self);
        let slot = this.registry.slots.get(this.id.slot());
        // SAFETY: the reservation is the ownership, and ends here. The caller keeps the other promise.
        let is_armed = slot.is_some_and(|slot| unsafe { slot.arm(this.free, word::ticket(this.id.0), hook) });
        if is_armed { Ok(this.id) } else { Err(ReserveError::Closed) }
    }
}

impl<const N: usize, const WORDS: usize> Drop for Reservation<'_, N, WORDS> {
    fn drop(&mut self) {
        let index = self.id.slot();
        if let Some(slot) = self.registry.slots.get(index) {
            self.registry.release(index, slot);
        }
    }
}
