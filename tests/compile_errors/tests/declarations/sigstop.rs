//! Refused: sigstop.

#[terminate_std::hook(signals(STOP))]
fn cleanup() {}

fn main() {}
