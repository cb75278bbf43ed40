//! Registering: in one step, or in two with a [`Reservation`] in between. [`crate::registry`] has the argument.

use core::mem::ManuallyDrop;

use crate::atomic::{Bits, Ordering};
use crate::error::{RegisterError, ReserveError};
use crate::hook::Hook;
use crate::id::HookId;
use crate::registry::Registry;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Registers a hook: it runs once, at the first [`run`](Self::run) for a cause that it asks for.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// REGISTRY.register(Hook::new(|cause| println!("{cause}")))?;
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegisterError::Full`] or [`RegisterError::Closed`], with the hook in it.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub fn register(&self, hook: Hook<WORDS>) -> Result<HookId, RegisterError<WORDS>> {
        let hook = ManuallyDrop::new(hook);
        // SAFETY: on success the hook is the slot's, and forgotten here.
        match self.reserve().and_then(|reservation| unsafe { reservation.arm_with(&hook) }) {
            Ok(id) => Ok(id),
            Err(error) => Err(error.with(ManuallyDrop::into_inner(hook))),
        }
    }

    /// Takes a slot without arming it yet, for those who need the id before the hook is seen by anybody: a hook that is
    /// to know its own id, or a table beside the registry that must be written first.
    ///
    /// The order among hooks is that of their reservations. (If a run is under way when the hook is armed, and the
    /// reservation is older than its list, the hook is called when that list is through; or by a later run, if this one has
    /// looked for the last time by then.)
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let slot = REGISTRY.reserve()?;
    /// let id = slot.id();
    /// slot.arm(Hook::new(move |_| println!("I am {id:?}"))).unwrap();
    /// # Ok::<(), terminate_core::ReserveError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReserveError::Full`] if every slot is taken, [`ReserveError::Closed`] if the registry is closed.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub fn reserve(&self) -> Result<Reservation<'_, N, WORDS>, ReserveError> {
        let mut header = self.header.load(Ordering::Acquire);
        loop {
            let first = word::index(header);
            let Some(slot) = self.slots.get(first) else {
                return Err(if word::is_closed(header) { ReserveError::Closed } else { ReserveError::Full });
            };
            // Before the exchange, so that a `close` that comes after it looks at this slot.
            self.high_water.raise(first);
            let free = slot.load_relaxed();
            match self.header.exchange(header, word::header_after(header, word::next(first, free))) {
                Ok(()) => return Ok(Reservation::new(self, HookId(header), free)),
                Err(now) => header = now,
            }
        }
    }
}

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
