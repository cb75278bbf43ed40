//! Refused: exit with sigstop.

#[terminate_std::exit_with_signal(STOP)]
fn work() {}

fn main() {}
