//! [`HookId`], the name of one registration.

use core::fmt;

use crate::atomic::Bits;
use crate::word;

/// The name of one registration.
///
/// It carries the ticket of the registration, so it never names a newer hook in the slot until the tickets wrap: see
/// [`Registry`](crate::Registry#limits).
///
/// ```
/// use terminate_core::{Hook, Registry};
/// static REGISTRY: Registry<8> = Registry::new();
/// let id = REGISTRY.register(Hook::new(|_| ()))?;
/// REGISTRY.unregister(id).unwrap();
/// let newer = REGISTRY.register(Hook::new(|_| ()))?;
/// assert_eq!(id.slot(), newer.slot());
/// assert_ne!(id, newer);
/// # Ok::<(), terminate_core::RegisterError<3>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookId(pub(crate) Bits);

impl HookId {
    /// The number of the slot, from 0 to the capacity less one: an index into a table beside the registry.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert!(id.slot() < REGISTRY.capacity());
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn slot(self) -> usize {
        word::index(self.0)
    }

    /// The id as a number, for an atomic beside the registry.
    ///
    /// ```
    /// use terminate_core::{Hook, HookId, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert_eq!(HookId::from_bits(id.to_bits()), id);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    #[must_use]
    #[allow(clippy::unnecessary_cast, reason = "it is necessary where `Bits` is `u32`")]
    #[inline]
    pub const fn to_bits(self) -> u64 {
        self.0 as u64
    }

    /// The id that [`to_bits`](Self::to_bits) returned as this number. Of any other number: an id that may name no hook.
    ///
    /// ```
    /// use terminate_core::{Hook, HookId, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert_eq!(HookId::from_bits(id.to_bits()), id);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::unnecessary_cast,
        reason = "where `Bits` is `u32`, so was the id"
    )]
    #[inline]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits as Bits)
    }

    /// Whether this registration came after `other`. Both must be of one registry.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let first = REGISTRY.register(Hook::new(|_| ()))?;
    /// let second = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert!(second.is_newer_than(first) && !first.is_newer_than(first));
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.0 != other.0 && word::newer(word::ticket(self.0), word::ticket(other.0))
    }
}

impl fmt::Debug for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookId({}#{})", self.slot(), word::ticket(self.0))
    }
}
