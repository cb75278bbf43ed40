//! Refused: exit with signal async.

#[terminate_std::exit_with_signal(USR1)]
async fn work() {}

fn main() {}
