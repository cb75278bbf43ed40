//! No signal arrives. The registration refuses hooks that request one, so that little of this is ever called.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use crate::sys::action::Action;
use crate::types::sender::Sender;
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

    pub(crate) fn info(&self) -> Option<&Infallible> {
        match self.none {}
    }

    pub(crate) fn is_sent(&self) -> bool {
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

pub(crate) fn deliver_here(_: Signal, _: Option<&Arrival>) {}

/// What the system said of each signal: nothing.
pub(crate) struct Records;

pub(crate) struct Arrival {
    pub(crate) at: Duration,
    none: Infallible,
}

impl Arrival {
    pub(crate) fn sender(&self) -> Option<Sender> {
        match self.none {}
    }
}

#[allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "it is a part of the seam")]
impl Records {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn keep(&self, _: Signal, info: &Infallible) {
        match *info {}
    }

    pub(crate) fn forget(&self, _: Signal) {}

    pub(crate) fn arrival(&self, _: Signal) -> Option<Arrival> {
        None
    }
}
