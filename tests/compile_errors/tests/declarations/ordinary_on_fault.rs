//! Refused: ordinary on fault.

#[terminate_std::hook(signals(TERM, SEGV))]
fn cleanup() {}

fn main() {}
