//! Refused: sigkill.

#[terminate_std::hook(signals(INT, KILL))]
fn cleanup() {}

fn main() {}
