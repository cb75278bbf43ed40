//! Refused: option twice.

#[terminate_std::hook(successful_exit, signals(INT), successful_exit)]
fn cleanup() {}

fn main() {}
