//! Refused: prefixed signal.

#[terminate_std::hook(signals(INT, SIGTERM))]
fn cleanup() {}

fn main() {}
