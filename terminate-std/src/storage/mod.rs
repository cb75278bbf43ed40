//! What the life cycle keeps for others: how hooks are named, and the wakers of futures.

pub(crate) mod label;
pub(crate) mod wakers;
