//! A cell of the matrix: who else handles the signal, and what is to happen, by a rule that knows nothing of what was measured.

use terminate_tests::Signal;

/// The owner of another handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Ctrlc,
    Flag,
    Iterator,
    Tokio,
    AsyncSignal,
    SignalMod,
    CFlag,
    CExit,
    Python,
}

/// How the owner's work ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnEnd {
    /// By `exit`, with code 3.
    Exit,
    /// By `_exit`, with code 3.
    ExitNow,
    /// By the signal, after the default action was put back.
    Signal,
    /// It ends nothing.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    /// We are not there at all.
    Alone,
    BeforeUs,
    AfterUs,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) owner: Owner,
    /// Whether the owner's work is to end the process.
    pub(crate) ends: bool,
    pub(crate) signal: Signal,
    pub(crate) installed: Installed,
    pub(crate) has_grace: bool,
}

/// What ran, one after the other, each to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// The hook, for the signal.
    Hook,
    /// The hook, for an exit.
    HookAtExit,
    /// The owner's work.
    Work,
    /// The hook, for the signal, and the owner's work.
    HookBesideWork,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The code of the owner.
    Code,
    Signal,
    /// The signal ends nothing.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) ran: Vec<Ran>,
    pub(crate) end: End,
}

impl Owner {
    pub(crate) const ALL: [Self; 9] = [
        Self::Ctrlc,
        Self::Flag,
        Self::Iterator,
        Self::Tokio,
        Self::AsyncSignal,
        Self::SignalMod,
        Self::CFlag,
        Self::CExit,
        Self::Python,
    ];

    /// For the docs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ctrlc => "ctrlc",
            Self::Flag => "signal-hook's flag",
            Self::Iterator => "signal-hook's iterator",
            Self::Tokio => "a task of tokio",
            Self::AsyncSignal => "async-signal",
            Self::SignalMod => "signal-mod",
            Self::CFlag => "a C handler that sets a flag",
            Self::CExit => "a C handler that calls `_exit`",
            Self::Python => "Python",
        }
    }

    /// ctrlc, as configured here, is for SIGINT alone.
    pub(crate) fn handles(self, signal: Signal) -> bool {
        self != Self::Ctrlc || signal == Signal::INT
    }

    /// Whether its handler calls the one that stood before it.
    fn chains(self) -> bool {
        matches!(self, Self::Flag | Self::Iterator | Self::Tokio | Self::AsyncSignal | Self::SignalMod)
    }

    fn own_end(self, ends: bool, signal: Signal) -> OwnEnd {
        match self {
            _ if !ends => OwnEnd::Nothing,
            Self::CExit => OwnEnd::ExitNow,
            // KeyboardInterrupt ends Python by the signal, SystemExit by an exit.
            Self::Python if signal == Signal::INT => OwnEnd::Signal,
            _ => OwnEnd::Exit,
        }
    }
}

impl Cell {
    pub(crate) fn own_end(self) -> OwnEnd {
        self.owner.own_end(self.ends, self.signal)
    }

    /// What is to happen.
    pub(crate) fn rule(self) -> Verdict {
        use Installed::{AfterUs, Alone, BeforeUs};

        if !self.owner.handles(self.signal) {
            // No other handler is there: the signal is ours, or has its default action.
            let ran = if self.installed == Alone { vec![] } else { vec![Ran::Hook] };
            return Verdict { ran, end: End::Signal };
        }
        let own_end = self.own_end();
        let is_ours_too = self.installed == BeforeUs || self.installed == AfterUs && self.owner.chains();
        let ran = match (self.installed, own_end) {
            // We do not get the signal, but an exit.
            (AfterUs, OwnEnd::Exit) if !is_ours_too => vec![Ran::Work, Ran::HookAtExit],
            _ if !is_ours_too => vec![Ran::Work],
            (BeforeUs, _) if !self.has_grace => vec![Ran::Hook, Ran::Work],
            (AfterUs, _) if !self.has_grace => vec![Ran::HookBesideWork],
            // During the grace the owner ends the process, and nothing of the process can run any more.
            (_, OwnEnd::ExitNow | OwnEnd::Signal) => vec![Ran::Work],
            (_, OwnEnd::Exit | OwnEnd::Nothing) => vec![Ran::Work, Ran::Hook],
        };
        let end = match own_end {
            OwnEnd::Exit | OwnEnd::ExitNow => End::Code,
            OwnEnd::Signal => End::Signal,
            OwnEnd::Nothing if is_ours_too => End::Signal,
            OwnEnd::Nothing => End::None,
        };
        Verdict { ran, end }
    }
}
