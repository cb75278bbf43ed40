//! Refused: unknown option.

#[terminate_std::hook(signal(INT))]
fn cleanup() {}

fn main() {}
