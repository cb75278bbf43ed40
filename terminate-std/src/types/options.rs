//! What a hook wants, as its builder collects it.

use terminate_core::Phase;

use super::exit_status::ExitStatus;
use super::signal::{Signal, SignalSet};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) signals: SignalSet,
    /// The first of the signals, in the caller's order, for which the registration is refused.
    pub(crate) refused: Option<Signal>,
    pub(crate) phase: Phase,
    pub(crate) handler_safe: bool,
    pub(crate) override_ignored: bool,
    pub(crate) inherit_on_fork: bool,
    pub(crate) exit_status: Option<ExitStatus>,
    pub(crate) interrupt_on_sigint: Option<bool>,
}

impl Options {
    pub(crate) const fn new(handler_safe: bool) -> Self {
        Self {
            signals: Signal::TERMINATION,
            refused: None,
            phase: Phase::Main,
            handler_safe,
            override_ignored: false,
            inherit_on_fork: false,
            exit_status: None,
            interrupt_on_sigint: None,
        }
    }
}
