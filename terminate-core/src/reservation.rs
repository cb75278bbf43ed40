//! [`Reservation`]: a registration in two steps.

use crate::{Hook, HookId, Registry, word};

/// A slot that is taken, and not yet armed: see [`Registry::reserve`].
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
    #[must_use]
    pub const fn id(&self) -> HookId {
        self.id
    }

    /// Puts the hook into the slot: from now on it is registered.
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
