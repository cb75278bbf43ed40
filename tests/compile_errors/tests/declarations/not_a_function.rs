//! Refused: not a function.

#[terminate_std::hook]
struct Cleanup;

fn main() {}
