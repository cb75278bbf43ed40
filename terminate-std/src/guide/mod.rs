//! What is worth knowing beyond the single items: pages to read.
//!
//! Pages by job, each with one program to begin with, and the traps of the job:
//!
//! | the program is | page |
//! | --- | --- |
//! | a command-line tool | [`command_line`] |
//! | a server | [`server`] |
//! | a daemon that reloads | [`daemon`] |
//! | a REPL | [`repl`] |
//! | a full-screen program | [`full_screen`] |
//! | a library | [`for_libraries`] |
//! | a Python extension | [`python`] |
//! | a test, or under test | [`tests`] |
//! | in a sandbox | [`sandboxes`] |
//!
//! What differs between systems: [`platforms`], [`windows`]. You know another crate: [`coming_from`]. How it works: [`what_runs_when`],
//! [`inside_a_hook`], [`limits`], [`graceful_shutdown`], [`fork`], [`values`], [`capacity`].

// What these pages use, this package does not depend on: their examples are compiled in terminate-tests.

#[cfg_attr(not(doctest), doc = include_str!("command_line.md"))]
pub mod command_line {}

#[cfg_attr(not(doctest), doc = include_str!("server.md"))]
pub mod server {}

#[cfg_attr(not(doctest), doc = include_str!("daemon.md"))]
pub mod daemon {}

#[cfg_attr(not(doctest), doc = include_str!("repl.md"))]
pub mod repl {}

#[cfg_attr(not(doctest), doc = include_str!("full_screen.md"))]
pub mod full_screen {}

#[cfg_attr(not(doctest), doc = include_str!("python.md"))]
pub mod python {}

#[cfg_attr(not(doctest), doc = include_str!("tests.md"))]
pub mod tests {}

#[cfg_attr(not(doctest), doc = include_str!("coming_from.md"))]
pub mod coming_from {}

#[cfg_attr(not(doctest), doc = include_str!("values.md"))]
pub mod values {}

#[doc = include_str!("platforms.md")]
pub mod platforms {}

#[doc = include_str!("what_runs_when.md")]
pub mod what_runs_when {}

#[doc = include_str!("inside_a_hook.md")]
pub mod inside_a_hook {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("capacity.md")]
pub mod capacity {}

#[doc = include_str!("fork.md")]
pub mod fork {}

#[doc = include_str!("for_libraries.md")]
pub mod for_libraries {}

#[doc = include_str!("sandboxes.md")]
pub mod sandboxes {}

#[doc = include_str!("graceful_shutdown.md")]
pub mod graceful_shutdown {}

#[doc = include_str!("windows.md")]
pub mod windows {}
