//! Which part of the system a signal comes from.

use std::io;

use super::delivery::{self, Deliver};
use super::{console, fault, raise};
use crate::sys::Info;
use crate::types::signal::Signal;

enum Source {
    Console,
    Raise,
    Fault,
}

fn source(of: Signal) -> Source {
    match of {
        Signal::TERM | Signal::ABRT => Source::Raise,
        _ if Signal::FAULTS.contains(of) => Source::Fault,
        _ => Source::Console,
    }
}

/// Has the signal handled by us from now on, as `deliver` decides. Whether it is: an ignored one may stay so.
///
/// # Errors
///
/// If the system refuses.
pub(crate) fn install(signal: Signal, override_ignored: bool, deliver: Deliver) -> io::Result<bool> {
    delivery::set_policy(deliver);
    match source(signal) {
        Source::Console => console::install(signal == Signal::INT && override_ignored),
        Source::Raise => raise::install(signal, override_ignored),
        Source::Fault => {
            fault::install();
            Ok(true)
        }
    }
}

/// Whether another handler may take the signal. Of a console event, this is known only once one has arrived: see [`console`].
pub(crate) fn is_shared(signal: Signal) -> bool {
    match source(signal) {
        Source::Console => console::is_shared(signal),
        Source::Raise => raise::previous(signal).is_some(),
        Source::Fault => false,
    }
}

/// Has the handlers called that stood before ours.
pub(crate) fn deliver_here(signal: Signal, _: Option<&Info>) {
    match source(signal) {
        Source::Console => console::pass_on(signal),
        Source::Raise => raise::call_previous(signal),
        Source::Fault => {}
    }
}
