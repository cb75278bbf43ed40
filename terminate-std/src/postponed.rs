//! Signals that came when they could not be acted upon, and are sent again when they can.
//!
//! Everything in this file is async-signal-safe.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::per_process::Zeroed;
use crate::signal::SignalSet;
use crate::{Signal, sys};

/// All of them: one that ends the process must not get lost behind one that does not.
pub(crate) struct Postponed(AtomicU64);

// SAFETY: nothing but an atomic.
unsafe impl Zeroed for Postponed {}

impl Postponed {
    pub(crate) fn add(&self, signal: Signal) {
        self.0.fetch_or(SignalSet::from(signal).to_bits(), Ordering::Relaxed);
    }

    /// Sends them, to whichever thread takes them.
    pub(crate) fn send(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            SignalSet::from_bits(self.0.swap(0, Ordering::Relaxed)).into_iter().for_each(sys::send_again);
        }
    }
}
