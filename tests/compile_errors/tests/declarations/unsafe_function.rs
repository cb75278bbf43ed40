//! Refused: unsafe function.

#[terminate_std::hook]
unsafe fn cleanup() {}

fn main() {}
