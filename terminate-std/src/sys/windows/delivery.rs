//! One arrival of a signal, from whichever part of the system, and the policy that decides about it.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::{mem, ptr};

use super::crt::Handler;
use crate::sys::action::Action;
use crate::sys::{Info, Mask};
use crate::types::signal::Signal;

/// One arrival of a signal.
pub(crate) struct Delivery {
    pub(crate) signal: Signal,
    origin: Origin,
    /// Whether other handlers get the console event at once.
    passes_on: Cell<bool>,
}

#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// The console, on a thread of the system's; and whether the system ends the process by the event if policy does not take it, since
    /// all other handlers have declined it.
    Console { is_deadly: bool },
    /// The same, some seconds later: see [`Delivery::is_late`].
    Late,
    /// `raise` or `abort` of the C runtime, on the thread that calls it; the handler that stood before ours, or whether nothing did.
    Raised { number: c_int, previous: Option<Handler>, is_default: bool },
    /// An exception of this thread; and whether no other filter can repair it.
    Fault { is_last: bool },
}

/// The function of policy that decides what a signal does.
pub(crate) type Deliver = fn(&Delivery) -> Action;

/// A [`Deliver`] from the first installation on; null before.
struct Policy(AtomicPtr<()>);

static POLICY: Policy = Policy(AtomicPtr::new(ptr::null_mut()));

/// Each installation gives the same function.
pub(super) fn set_policy(deliver: Deliver) {
    // Release: pairs with the Acquire in `decide`.
    POLICY.0.store(deliver as *mut (), Ordering::Release);
}

impl Delivery {
    pub(super) fn new(signal: Signal, origin: Origin) -> Self {
        Self { signal, origin, passes_on: Cell::new(false) }
    }

    /// Asks policy what to do.
    pub(super) fn decide(&self) -> Action {
        // SAFETY: null, or from `set_policy`, of a function of this type.
        let deliver = unsafe { mem::transmute::<*mut (), Option<Deliver>>(POLICY.0.load(Ordering::Acquire)) };
        deliver.map_or(Action::Chain, |deliver| deliver(self))
    }

    /// Whether policy wants other handlers of the console event to get it at once.
    pub(super) fn passes_on(&self) -> bool {
        self.passes_on.get()
    }

    /// Calls the handler that stood before ours. One of the console's is called when ours returns.
    pub(crate) fn call_previous(&self) {
        match self.origin {
            Origin::Console { .. } => self.passes_on.set(true),
            Origin::Raised { number, previous: Some(previous), .. } => previous(number),
            Origin::Raised { .. } | Origin::Late | Origin::Fault { .. } => {}
        }
    }

    /// Whether the process would surely die by the signal without us.
    pub(crate) fn is_deadly(&self) -> bool {
        match self.origin {
            Origin::Console { is_deadly } => is_deadly,
            Origin::Raised { is_default, .. } => is_default,
            Origin::Late | Origin::Fault { .. } => false,
        }
    }

    /// Whether the signal came a while ago, and the system is about to end the process.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.origin, Origin::Late)
    }

    /// Threads have no mask.
    #[allow(clippy::unused_self, reason = "it is a part of the seam")]
    pub(crate) fn unmasked<T>(&self, body: impl FnOnce() -> T) -> T {
        body()
    }

    #[allow(clippy::unused_self, reason = "it is a part of the seam")]
    pub(crate) fn natural_mask(&self) -> Mask {
        Mask
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "it is a part of the seam")]
    pub(crate) fn info(&self) -> Option<&Info> {
        Some(&Info)
    }

    /// Whether it was sent, as opposed to a fault of this thread.
    pub(crate) fn is_sent(&self) -> bool {
        !matches!(self.origin, Origin::Fault { .. })
    }

    /// Whether this thread raised it.
    pub(crate) fn is_raised(&self) -> bool {
        matches!(self.origin, Origin::Raised { .. })
    }

    /// Nothing sends this process a signal to interrupt a call.
    #[allow(clippy::unused_self, reason = "it is a part of the seam")]
    pub(crate) fn is_own(&self) -> bool {
        false
    }

    /// Whether the fault ends the process: no other filter is there that could repair it.
    pub(crate) fn ends_when_it_recurs(&self) -> bool {
        matches!(self.origin, Origin::Fault { is_last: true })
    }
}
