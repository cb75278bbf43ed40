//! Refused: unknown signal.

#[terminate_std::hook(signals(INT, WINTERM))]
fn cleanup() {}

fn main() {}
