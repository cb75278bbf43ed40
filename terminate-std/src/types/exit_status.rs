//! [`ExitStatus`]: what the parent sees after a signal.

use super::signal::Signal;

/// How the process ends after a signal, when the hooks have run.
///
/// A hook sets it for the signals that it requests, with [`Hook::exit_status`](crate::Hook::exit_status). Of several
/// hooks that request one signal and set a status, the first registered one decides. What counts is what is registered when
/// the signal arrives.
///
/// With an exit code, other libraries' exit handlers run after the hooks, for at most two seconds.
///
/// ```
/// use terminate_std::{ExitStatus, Hook, Signal};
/// // An editor that a signal ends has not failed, but it has not saved its file either.
/// let hook = Hook::new(|_| ()).signals([Signal::TERM]).exit_status(ExitStatus::Code(3));
/// # drop(hook);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitStatus {
    /// By the signal itself, as if no program had caught it. Process 1 cannot die by a signal, and ends as with
    /// [`Shell`](Self::Shell). So does a process after a signal whose default action does not end it.
    #[default]
    Signal,
    /// Exit code 0.
    Success,
    /// That exit code.
    Code(u8),
    /// The exit code is the number of the signal.
    SignalNumber,
    /// The exit code is 128 plus the number of the signal, which is what a shell reports in `$?`.
    Shell,
    /// As the program says: if main returns or a thread calls `exit` during the [grace](crate::Config::grace) or while the
    /// hooks run, that status counts. (The call of a hook itself does not: it only leaves the hook.) Otherwise as with
    /// [`Signal`](Self::Signal).
    Main,
}

impl ExitStatus {
    /// The exit code after `signal`, or `None` for an end by the signal itself.
    pub(crate) fn code(self, signal: Signal) -> Option<i32> {
        match self {
            Self::Signal | Self::Main => None,
            Self::Success => Some(0),
            Self::Code(code) => Some(code.into()),
            Self::SignalNumber => Some(signal.as_raw()),
            Self::Shell => Some(128 + signal.as_raw()),
        }
    }

    /// The exit code where there is no signal.
    pub(crate) fn code_of_exit(self) -> i32 {
        if let Self::Code(code) = self { code.into() } else { 0 }
    }

    pub(crate) const DEFAULT_BITS: u32 = Self::to_bits(Some(Self::Signal));
    pub(crate) const LARGEST_BITS: u32 = Self::to_bits(Some(Self::Code(u8::MAX)));

    // As kept in an atomic word: zero is "not set".
    pub(crate) const fn to_bits(this: Option<Self>) -> u32 {
        match this {
            None => 0,
            Some(Self::Signal) => 1,
            Some(Self::Success) => 2,
            Some(Self::SignalNumber) => 3,
            Some(Self::Shell) => 4,
            Some(Self::Main) => 5,
            Some(Self::Code(code)) => 1 << 8 | code as u32,
        }
    }

    /// Of a status that is not set, the default.
    pub(crate) fn from_bits(bits: u32) -> Self {
        match bits {
            2 => Self::Success,
            3 => Self::SignalNumber,
            4 => Self::Shell,
            5 => Self::Main,
            0x100.. => Self::Code((bits & 0xff) as u8),
            _ => Self::Signal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_survives_being_stored() {
        let codes = (0..=255).map(ExitStatus::Code);
        let named =
            [ExitStatus::Signal, ExitStatus::Success, ExitStatus::SignalNumber, ExitStatus::Shell, ExitStatus::Main];
        for status in codes.chain(named) {
            assert_eq!(ExitStatus::from_bits(ExitStatus::to_bits(Some(status))), status);
        }
        assert_eq!(ExitStatus::to_bits(None), 0);
    }

    #[test]
    fn the_code_is_what_the_name_says() {
        let codes = [ExitStatus::Success, ExitStatus::Code(66), ExitStatus::SignalNumber, ExitStatus::Shell]
            .map(|status| status.code(Signal::TERM));
        assert_eq!(codes, [Some(0), Some(66), Some(15), Some(143)]);
        assert_eq!(ExitStatus::default().code(Signal::TERM), None);
    }
}
