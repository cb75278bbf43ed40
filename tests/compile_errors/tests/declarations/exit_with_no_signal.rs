//! Refused: exit with no signal.

#[terminate_std::exit_with_signal]
fn work() {}

fn main() {}
