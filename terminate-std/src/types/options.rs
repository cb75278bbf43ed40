//! What a hook wants, as its builder collects it.

use terminate_core::Phase;

use super::exit_status::ExitStatus;
use super::signal::{Signal, SignalSet};

#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// As the caller named them: a number that is no signal is in here too, and is refused.
    pub(crate) signals: Vec<Signal>,
    pub(crate) phase: Phase,
    pub(crate) handler_safe: bool,
    pub(crate) override_ignored: bool,
    pub(crate) inherit_on_fork: bool,
    pub(crate) exit_status: Option<ExitStatus>,
    pub(crate) interrupt_on_sigint: Option<bool>,
}

impl Options {
    pub(crate) fn new(handler_safe: bool) -> Self {
        Self {
            signals: Signal::TERMINATION.into_iter().collect(),
            phase: Phase::Main,
            handler_safe,
            override_ignored: false,
            inherit_on_fork: false,
            exit_status: None,
            interrupt_on_sigint: None,
        }
    }

    pub(crate) fn signal_set(&self) -> SignalSet {
        self.signals.iter().copied().collect()
    }
}
