//! Registering: in one step, or in two with a [`Reservation`] in between. [`crate::registry`] says why this is right.

use core::mem::ManuallyDrop;

use crate::atomic::{Bits, Ordering};
use crate::error::{RegisterError, ReserveError};
use crate::hook::Hook;
use crate::id::HookId;
use crate::registry::Registry;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Registers a hook: it runs once, at the first [`run`](Self::run) for a cause that it requests.
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
    /// [`RegisterError::Full`] if every slot is taken, [`RegisterError::Closed`] if the registry is [closed](Self::close). The
    /// error has the hook in it.
    #[cfg_attr(target_has_atomic = "64", inline)]
    pub fn register(&self, hook: Hook<WORDS>) -> Result<HookId, RegisterError<WORDS>> {
        let hook = ManuallyDrop::new(hook);
        // SAFETY: on success the slot has the hook, and this function does not drop it.
        match self.reserve().and_then(|reservation| unsafe { reservation.arm_with(&hook) }) {
            Ok(id) => Ok(id),
            Err(error) => Err(error.with(ManuallyDrop::into_inner(hook))),
        }
    }

    /// Takes a slot without arming it yet. Use it if you need the id before a run can find the hook: for a hook that knows its own
    /// id, or for a table beside the registry that must be written first.
    ///
    /// Hooks run in the order of their reservations. (If a run has made its list between the reservation and `arm`, it calls the
    /// hook after that list. If the run has already looked for the last time, a later run calls the hook.)
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
            // Before the exchange: a `close` that exchanges the header after it then looks at this slot.
            self.high_water.raise(first);
            let free = slot.load_relaxed();
            match self.header.exchange(header, word::header_after(header, word::next(first, free))) {
                Ok(()) => return Ok(Reservation::new(self, HookId(header), free)),
                Err(now) => header = now,
            }
        }
    }
}

/// A slot that is taken and not yet armed: see [`Registry::reserve`].
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
    /// The word of the slot. Until `arm`, only `close` changes it.
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

    /// Puts the hook into the slot: the hook is registered from now on.
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
    /// [`RegisterError::Closed`], with the hook in it, if the registry was [closed](Registry::close) since the slot was reserved.
    pub fn arm(self, hook: Hook<WORDS>) -> Result<HookId, RegisterError<WORDS>> {
        let hook = ManuallyDrop::new(hook);
        // SAFETY: on success the slot has the hook, and this function does not drop it.
        unsafe { self.arm_with(&hook) }.map_err(|error| error.with(ManuallyDrop::into_inner(hook)))
    }

    /// Like `arm`, but the caller keeps the hook if it fails.
    ///
    /// # Safety
    ///
    /// On success the slot has the hook: the caller neither uses nor drops it.
    #[inline]
    pub(crate) unsafe fn arm_with(self, hook: &Hook<WORDS>) -> Result<HookId, ReserveError> {
        let this = ManuallyDrop::new(self);
        let slot = this.registry.slots.get(this.id.slot());
        // SAFETY: the reservation owns the slot, and ends here. The caller promises the rest.
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
