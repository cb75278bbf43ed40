//! No signal arrives. The registration refuses hooks that request one, so that little of this is ever called.

use std::convert::Infallible;
use std::io;

use crate::sys::action::Action;
use crate::sys::{Info, Mask};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// There is none.
pub(crate) struct Delivery {
    pub(crate) signal: Signal,
    none: Infallible,
}

pub(crate) const ON_RUNNER: SignalSet = SignalSet::EMPTY;

impl Delivery {
    pub(crate) fn call_previous(&self) {
        match self.none {}
    }

    pub(crate) fn is_late(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn is_deadly(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn unmasked<T>(&self, _: impl FnOnce() -> T) -> T {
        match self.none {}
    }

    pub(crate) fn info(&self) -> Option<&Info> {
        match self.none {}
    }

    pub(crate) fn is_sent(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn natural_mask(&self) -> Mask {
        match self.none {}
    }

    pub(crate) fn is_own(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn is_raised(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn ends_when_it_recurs(&self) -> bool {
        match self.none {}
    }
}

/// # Errors
///
/// Always.
pub(crate) fn install(_: Signal, _: bool, _: fn(&Delivery) -> Action) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn is_shared(_: Signal) -> bool {
    false
}

pub(crate) fn deliver_here(_: Signal, _: Option<&Info>) {}
