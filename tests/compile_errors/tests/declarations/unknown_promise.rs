//! Refused: unknown promise.

#[terminate_std::hook(unsafe(thread_safe))]
fn cleanup() {}

fn main() {}
