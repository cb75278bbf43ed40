//! [`Reservation`]: a registration in two steps.

use crate::{Hook, HookId, Registry, word};

/// A slot that is taken, and not yet armed: see [`Registry::reserve`].
///
/// ```
/// use terminate_core::{Registry};
/// static REGISTRY: Registry<8> = Registry::new();
/// let slot = REGISTRY.reserve()?;
/// assert!(REGISTRY.is_empty(), "it is taken, and nothing is in it");
/// drop(slot);
/// # Ok::<(), terminate_core::Full>(())
/// ```
#[must_use = "dropping a reservation gives the slot back"]
pub struct Reservation<'r, const N: usize, const WORDS: usize = 3> {
    registry: &'r Registry<N, WORDS>,
    id: HookId,
}

impl<'r, const N: usize, const WORDS: usize> Reservation<'r, N, WORDS> {
    pub(crate) const fn new(registry: &'r Registry<N, WORDS>, id: HookId) -> Self {
        Self { registry, id }
    }

    /// The id that the hook will have.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let slot = REGISTRY.reserve()?;
    /// let id = slot.id();
    /// assert_eq!(slot.arm(Hook::new(|_| ())), id);
    /// # Ok::<(), terminate_core::Full>(())
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
    /// let id = slot.arm(Hook::new(|_| ()));
    /// assert!(REGISTRY.contains(id));
    /// # Ok::<(), terminate_core::Full>(())
    /// ```
    pub fn arm(self, hook: Hook<WORDS>) -> HookId {
        let this = core::mem::ManuallyDrop::new(self);
        if let Some(slot) = this.registry.slots.get(this.id.slot()) {
            // SAFETY: the reservation is the ownership, and ends here.
            unsafe { slot.arm(word::ticket(this.id.0), hook) };
        }
        this.id
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
