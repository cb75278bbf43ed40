//! What a hook wants, as its builder collects it.

use std::fmt;
use std::time::Duration;

use terminate_core::Phase;

use super::exit_status::ExitStatus;
use super::signal::Signal;
use super::signal_set::SignalSet;

#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Options {
    /// If there are none, the registration puts those of the configuration here.
    pub(crate) signals: Option<SignalSet>,
    /// The first of the signals, in the caller's order, for which the registration is refused.
    pub(crate) refused: Option<Signal>,
    pub(crate) phase: Phase,
    pub(crate) handler_safe: bool,
    /// Whether it has a guard.
    pub(crate) guarded: bool,
    pub(crate) override_ignored: bool,
    pub(crate) unless_handled: bool,
    pub(crate) inherit_on_fork: bool,
    pub(crate) exit_status: Option<ExitStatus>,
    pub(crate) interrupt_on_sigint: Option<bool>,
    pub(crate) timeout: Option<Duration>,
}

impl Options {
    pub(crate) const fn new(handler_safe: bool) -> Self {
        Self {
            signals: None,
            refused: None,
            phase: Phase::Main,
            handler_safe,
            guarded: false,
            override_ignored: false,
            unless_handled: false,
            inherit_on_fork: false,
            exit_status: None,
            interrupt_on_sigint: None,
            timeout: None,
        }
    }

    /// Whether the hook keeps an end from running in a handler. An end there would cut short what a guard calls on that thread,
    /// and after an interrupt the program goes on. A time limit needs a thread that watches.
    pub(crate) const fn needs_runner(&self) -> bool {
        !self.handler_safe || self.guarded || matches!(self.interrupt_on_sigint, Some(true)) || self.timeout.is_some()
    }
}

/// What distinguishes hooks. All of it would be five kilobytes of code in a program that unwraps one registration.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("signals", &self.signals).field("phase", &self.phase).finish_non_exhaustive()
    }
}
