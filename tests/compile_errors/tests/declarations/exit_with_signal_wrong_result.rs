//! Refused: exit with signal wrong result.

#[terminate_std::exit_with_signal(USR1)]
fn work() -> u32 {
    7
}

fn main() {}
