//! Signals of the C runtime: `raise(SIGTERM)` and `abort`, which call a function on the thread that calls them.

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, mem};

use super::crt::{self, Handler, SIG_DFL, SIG_ERR, SIG_IGN, SIGABRT};
use super::delivery::{Delivery, Origin};
use super::exit::die_by;
use crate::sys::action::Action;
use crate::types::signal::Signal;

/// What stood before ours: for `raise(SIGTERM)` and for `abort`. [`UNSET`] before ours stood.
struct Previous {
    term: AtomicUsize,
    abort: AtomicUsize,
}

const UNSET: usize = usize::MAX;

static PREVIOUS: Previous = Previous { term: AtomicUsize::new(UNSET), abort: AtomicUsize::new(UNSET) };

fn slot(of: Signal) -> (&'static AtomicUsize, c_int) {
    if of == Signal::ABRT { (&PREVIOUS.abort, SIGABRT) } else { (&PREVIOUS.term, of.as_raw()) }
}

/// See [`super::install::install`].
pub(super) fn install(of: Signal, override_ignored: bool) -> io::Result<bool> {
    let (slot, number) = slot(of);
    if slot.load(Ordering::Acquire) != UNSET {
        return Ok(true);
    }
    match set(number, ours()) {
        SIG_ERR => Err(io::Error::last_os_error()),
        SIG_IGN if !override_ignored => {
            set(number, SIG_IGN);
            Ok(false)
        }
        before => {
            // If two threads are here at once, one finds the other's.
            let before = if before == ours() { SIG_DFL } else { before };
            let _ = slot.compare_exchange(UNSET, before, Ordering::AcqRel, Ordering::Relaxed);
            Ok(true)
        }
    }
}

fn ours() -> usize {
    handle as *const () as usize
}

fn set(number: c_int, handler: usize) -> usize {
    // SAFETY: the handler is one of the constants, ours, or one that this function has returned.
    unsafe { crt::signal(number, handler) }
}

/// The handler that stood before ours, if there was one.
pub(super) fn previous(of: Signal) -> Option<Handler> {
    let before = slot(of).0.load(Ordering::Acquire);
    // SAFETY: the C runtime returned it, and it is none of its constants.
    (!matches!(before, SIG_DFL | SIG_IGN | UNSET)).then(|| unsafe { mem::transmute::<usize, Handler>(before) })
}

/// Calls the handler that stood before ours, if there was one.
pub(super) fn call_previous(of: Signal) {
    if let Some(previous) = previous(of) {
        previous(slot(of).1);
    }
}

/// The C runtime has put the default action back before it calls this.
extern "C" fn handle(number: c_int) {
    set(number, ours());
    let of = if number == SIGABRT { Signal::ABRT } else { Signal::from_raw(number) };
    let previous = previous(of);
    let is_default = previous.is_none() && slot(of).0.load(Ordering::Acquire) != SIG_IGN;
    match (Delivery::new(of, Origin::Raised { number, previous, is_default }).decide(), previous) {
        (Action::Chain, Some(previous)) => previous(number),
        (Action::Chain, None) if is_default => die_by(of),
        (Action::Die, _) => die_by(of),
        _ => {}
    }
}
