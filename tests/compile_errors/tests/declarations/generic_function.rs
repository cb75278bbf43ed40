//! Refused: generic function.

#[terminate_std::hook]
fn cleanup<T>() {}

fn main() {}
