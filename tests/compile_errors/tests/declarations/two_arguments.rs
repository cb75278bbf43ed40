//! Refused: two arguments.

#[terminate_std::hook]
fn cleanup(cause: terminate_std::Cause, more: u32) {}

fn main() {}
