//! Refused: exit with prefixed signal.

#[terminate_std::exit_with_signal(SIGUSR1)]
fn work() {}

fn main() {}
