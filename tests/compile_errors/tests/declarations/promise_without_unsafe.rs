//! Refused: promise without unsafe.

#[terminate_std::hook(handler_safe, signals(SEGV))]
fn cleanup() {}

fn main() {}
