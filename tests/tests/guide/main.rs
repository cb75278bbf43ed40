//! The programs of the guide, as its pages print them: each is ended in the ways that its job brings, and judged.

mod command_line;
mod daemon;
mod full_screen;
mod pages;
mod python;
mod repl;
mod server;
mod tests_end;
mod under_test;

use std::env;

/// How many processes a test starts. `TERMINATE_GUIDE_ROUNDS` says another number.
fn rounds(few: u32) -> u32 {
    env::var("TERMINATE_GUIDE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(few)
}
