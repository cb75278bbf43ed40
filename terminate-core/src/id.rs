//! [`HookId`], the name of one registration.

use core::fmt;

use crate::atomic::Bits;
use crate::word;

/// Names one registration.
///
/// It carries the registration's ticket, so that it never names a newer hook in the same slot: not until the tickets
/// wrap, see [`Registry`](crate::Registry#limits).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookId(pub(crate) Bits);

impl HookId {
    /// The number of the slot, from 0 to the capacity less one: an index into a table beside the registry.
    #[inline]
    #[must_use]
    pub const fn slot(self) -> usize {
        word::index(self.0)
    }

    /// The id as a number, for an atomic beside the registry.
    #[must_use]
    #[allow(clippy::unnecessary_cast, reason = "it is necessary where `Bits` is `u32`")]
    #[inline]
    pub const fn to_bits(self) -> u64 {
        self.0 as u64
    }

    /// The id that [`to_bits`](Self::to_bits) gave; of any other number, some id that may name nothing.
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

    /// Whether this registration was made after the other one; both are of the same registry.
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
