//! What the life cycle keeps for others: how hooks are named, threads that hold the end up, the wakers of futures, the functions of listeners,
//! the last arrival of each signal.

pub(crate) mod holds;
pub(crate) mod label;
pub(crate) mod listeners;
pub(crate) mod records;
pub(crate) mod wakers;
