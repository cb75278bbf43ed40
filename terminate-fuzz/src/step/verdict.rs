//! What the stepper has found.

use std::fmt;
use std::time::Duration;

/// What became of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The instruction boundaries of the operation.
    pub boundaries: u64,
    /// How often it was interrupted, each time in a process of its own: as often as there are boundaries, unless only
    /// some were asked for.
    pub forks: u64,
    /// How often the interrupting operation was interrupted too.
    pub pairs: u64,
    /// How many of these processes objected, crashed or did not end.
    pub violations: u64,
    /// The first of them.
    pub first: Option<Failure>,
    /// How long it took.
    pub took: Duration,
}

/// A process that objected, crashed or did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The boundary, counted from 0.
    pub outer: usize,
    /// The boundary inside the interrupting operation, if that was interrupted too.
    pub inner: Option<usize>,
    /// The instruction that was to come next, in the operation and in the one that interrupted it.
    pub instructions: Vec<Instruction>,
    /// What was wrong.
    pub what: String,
}

/// An instruction, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its address.
    pub address: usize,
    /// The bytes from there on; the instruction is as many of them as it takes.
    pub bytes: Vec<u8>,
    /// The functions that it is in, the innermost inlined one first, each with file and line if they are known.
    pub symbols: Vec<String>,
}

impl Failure {
    /// The place, as `outer` or `outer.inner`.
    #[must_use]
    pub fn place(&self) -> String {
        self.inner.map_or_else(|| self.outer.to_string(), |inner| format!("{}.{inner}", self.outer))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "boundary {}: {}", self.place(), self.what.trim_end())?;
        for instruction in &self.instructions {
            write!(f, "{instruction}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  before {:#x}:", self.address)?;
        for byte in &self.bytes {
            write!(f, " {byte:02x}")?;
        }
        writeln!(f)?;
        for symbol in &self.symbols {
            writeln!(f, "    in {symbol}")?;
        }
        Ok(())
    }
}
