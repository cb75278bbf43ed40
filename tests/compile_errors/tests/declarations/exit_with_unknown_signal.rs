//! Refused: exit with unknown signal.

#[terminate_std::exit_with_signal(USR3)]
fn work() {}

fn main() {}
