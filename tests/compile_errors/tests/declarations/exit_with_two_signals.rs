//! Refused: exit with two signals.

#[terminate_std::exit_with_signal(USR1, USR2)]
fn work() {}

fn main() {}
