//! Refused: promise twice.

#[terminate_std::hook(unsafe(handler_safe), unsafe(handler_safe))]
fn cleanup() {}

fn main() {}
