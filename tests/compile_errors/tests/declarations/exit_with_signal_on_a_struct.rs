//! Refused: exit with signal on a struct.

#[terminate_std::exit_with_signal(USR1)]
struct Work;

fn main() {}
