//! How the process is to end by a signal: what its hooks have said, kept for when they are gone.
//!
//! Everything in this file is async-signal-safe.

use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::asked::Said;
use crate::per_process::PerProcess;
use crate::{ExitStatus, Signal, asked, ending, sys};

/// How the process is to end by the signal; written before `DONE`.
static STATUS: AtomicU32 = AtomicU32::new(0);
/// How it was to end by each signal when that came, or zero: who said so may be gone when the watcher takes it up.
static SAID: PerProcess<[AtomicU32; 65]> = PerProcess::new();

/// See [`sys::needs`].
pub(crate) const fn needed() -> [*const (); 2] {
    [(&raw const STATUS).cast(), (&raw const SAID).cast()]
}

/// What a signal needs besides.
#[inline]
pub(crate) fn needed_for(signal: Signal) -> *const () {
    said(signal).map_or(ptr::null(), |said| ptr::from_ref(said).cast())
}

/// Asks the hooks, while they are still there, how the process is to end by `signal`.
pub(crate) fn decide(signal: Signal) {
    if ending::was_handed_over() {
        // The hooks that had a say may have run.
        return;
    }
    let said = said(signal).map_or(0, |said| said.load(Ordering::Relaxed));
    let status = if said == 0 { asked::said(signal).exit_status() } else { said };
    STATUS.store(status, Ordering::Relaxed);
}

/// The same, where they have been asked just now.
#[inline]
pub(crate) fn decide_by(said: &Said) {
    STATUS.store(said.exit_status(), Ordering::Relaxed);
}

/// Notes how the process is to end by `signal`, which has come, and will be taken up.
pub(crate) fn note(signal: Signal, by: &Said) {
    if let Some(said) = said(signal) {
        said.store(by.exit_status(), Ordering::Relaxed);
    }
}

fn said(signal: Signal) -> Option<&'static AtomicU32> {
    SAID.get(usize::try_from(signal.as_raw()).ok()?)
}

pub(crate) fn status() -> ExitStatus {
    ExitStatus::from_bits(STATUS.load(Ordering::Relaxed)).unwrap_or_default()
}

/// Ends the process as the hooks of `signal` said, at once.
pub(crate) fn end_at_once(signal: Signal) -> ! {
    match status().code(signal) {
        Some(code) => sys::exit_now(code),
        None => sys::die_by(signal),
    }
}

/// Begins anew, in a forked child: none of its signals has come.
pub(crate) fn begin_anew(process: i32) {
    SAID.begin_anew(process);
}
