//! How a child ended, and what it said.

use crate::HOOK;

/// `STATUS_CONTROL_C_EXIT`: the code with which the system ends a process after a console event.
pub const CONTROL_C_EXIT: i32 = 0xC000_013A_u32.cast_signed();
/// `STATUS_ACCESS_VIOLATION`.
pub const ACCESS_VIOLATION: i32 = 0xC000_0005_u32.cast_signed();
/// `STATUS_STACK_BUFFER_OVERRUN`: the code of a fast failure, which Rust's `abort` is.
pub const FAST_FAIL: i32 = 0xC000_0409_u32.cast_signed();

/// What a child left behind.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) scenario: String,
    pub(crate) said: Vec<String>,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Outcome {
    /// Demands that exit code, and these lines, no more and no fewer.
    ///
    /// # Panics
    ///
    /// If it was otherwise.
    #[track_caller]
    pub fn must_be(self, code: i32, said: &[&str]) -> Self {
        assert!(
            self.code == code && self.said == said,
            "{}: code {:#x}, not {code:#x}\nsaid {:?}\n not {said:?}\nstandard error: {}",
            self.scenario,
            self.code,
            self.said,
            self.stderr
        );
        self
    }

    /// Demands these words on standard error.
    ///
    /// # Panics
    ///
    /// If they are not there.
    #[track_caller]
    pub fn must_report(self, words: &str) {
        assert!(
            self.stderr.contains(words),
            "{}: standard error is {:?}, without {words:?}",
            self.scenario,
            self.stderr
        );
    }

    /// Its exit code.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.code
    }

    /// What it said.
    #[must_use]
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// The hooks that ran, with their causes.
    pub fn hooks(&self) -> impl Iterator<Item = &str> {
        self.said.iter().filter_map(|line| line.strip_prefix(HOOK))
    }
}
