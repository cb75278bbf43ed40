//! Refused: unknown phase.

#[terminate_std::hook(phase = Middle)]
fn cleanup() {}

fn main() {}
