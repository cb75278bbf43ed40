//! Signals that end nothing: [`interrupt::on`](crate::interrupt::on).
//!
//! The handler notes the signal and wakes the listener, a thread of its own, which calls the program's functions. They are the
//! program's code, as any thread's is: an end does not wait for them, and one that hangs delays no hook.
//!
//! | the handler | the listener |
//! | --- | --- |
//! | notes the signal (`arrived`) | reads the count of arrivals |
//! | counts the arrival | takes what is noted, and calls the functions |
//! | wakes the listener | sleeps if the count is still what it read |
//!
//! So a signal that arrives while the functions run has them called once more, and several of one kind may be one call. Once the hooks run,
//! none begins.

use std::io;

use super::process::Process;
use super::state::Stage;
use super::{fork, interrupt, threads};
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// A signal arrived that a function is for. This is async-signal-safe.
pub(crate) fn notify(process: &Process, signal: Signal) {
    process.arrived.fetch_or(SignalSet::from(signal).to_bits(), Ordering::AcqRel);
    process.arrivals.fetch_add(1, Ordering::Release);
    sys::wake(&process.arrivals);
}

/// Starts the listener, if there is none yet.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start(process: &'static Process) -> io::Result<()> {
    process.listener.start(|| {
        let natural = Mask::current();
        threads::start(process, "terminate-listener", Box::new(move || listen(process, natural)))
    })
}

fn listen(process: &Process, natural: Mask) {
    loop {
        let arrivals = process.arrivals.load(Ordering::Acquire);
        let arrived = SignalSet::from_bits(process.arrived.swap(0, Ordering::AcqRel));
        for signal in arrived {
            // What a function starts does not inherit a blocked signal.
            natural.set();
            process.listeners.call(signal, || process.state().stage() < Stage::Running);
            Mask::all_but_faults().set();
            interrupt::raise(process);
            if !fork::is_current(process) {
                // A child that a function forked.
                return;
            }
        }
        if arrived.is_empty() {
            sys::wait(&process.arrivals, arrivals, None);
        }
    }
}
