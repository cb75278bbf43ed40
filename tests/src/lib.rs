//! Whole-process tests: start the fixture in a process of its own, end it in some way, and judge what the parent sees.
//!
//! The fixture (`src/bin/fixture`) is a program with one scenario a command line. It reports events as lines on its
//! standard output, and waits for lines on its standard input, so that a test and its child are in step without
//! sleeping. The tests are in `tests/`, one file a subject: `README.md` says which tests are for what.

mod at_once;
mod child;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod fixture;
pub mod kernel;
#[cfg(target_os = "linux")]
#[allow(clippy::missing_panics_doc, reason = "in a test, a system call that fails is a failure")]
mod linux;
#[allow(clippy::missing_panics_doc, reason = "a program has a path, and a command a first word")]
pub mod loader;
#[allow(clippy::missing_panics_doc, reason = "in a test, a system call that fails is a failure")]
pub mod os;
mod outcome;
pub mod platform;
mod plugin;
mod random;
mod skipped;
mod slow;
mod terminal;
mod threads;

pub use at_once::at_once;
pub use child::Child;
pub use fixture::{Fixture, example, library};
pub use outcome::{Ended, Outcome};
pub use random::{Random, dawdle};
pub use skipped::skipped;
pub use slow::disturb_a_slow_hook;
pub use terminal::{Settings, Terminal};
pub use terminate_std::Signal;

/// The examples of pages that use other crates must compile.
macro_rules! pages {
    ($($name:ident $page:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($page)]
            pub struct $name;
        )*
    };
}

pages! {
    WithOtherCrates "../../docs/with-other-crates.md",
    CommandLine "../../terminate-std/src/guide/command_line.md",
    Server "../../terminate-std/src/guide/server.md",
    Daemon "../../terminate-std/src/guide/daemon.md",
    Repl "../../terminate-std/src/guide/repl.md",
    FullScreen "../../terminate-std/src/guide/full_screen.md",
    Python "../../terminate-std/src/guide/python.md",
    Tests "../../terminate-std/src/guide/tests.md",
    ComingFrom "../../terminate-std/src/guide/coming_from.md",
    Values "../../terminate-std/src/guide/values.md",
}
