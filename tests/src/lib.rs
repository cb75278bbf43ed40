//! Whole-process tests: start the fixture in a process of its own, end it in some way, and judge what the parent sees.
//!
//! The fixture (`src/bin/fixture`) is a program with one scenario a command line. It reports events as lines on its
//! standard output, and waits for lines on its standard input, so that a test and its child are in step without
//! sleeping. The tests are in `tests/`, one file a subject: `README.md` says which tests are for what.

mod child;
mod fixture;
pub mod kernel;
#[allow(clippy::missing_panics_doc, reason = "a program has a path, and a command a first word")]
pub mod loader;
#[allow(clippy::missing_panics_doc, reason = "in a test, a system call that fails is a failure")]
pub mod os;
mod outcome;
mod random;
mod skipped;
mod slow;

pub use child::Child;
pub use fixture::Fixture;
pub use outcome::{Ended, Outcome};
pub use random::{Random, dawdle};
pub use skipped::skipped;
pub use slow::disturb_a_slow_hook;
pub use terminate_std::Signal;

/// The recipes must compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/with-other-crates.md")]
pub struct WithOtherCrates;
