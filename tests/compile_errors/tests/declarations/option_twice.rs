//! Refused: option twice.

#[terminate_std::hook(inherit_on_fork, signals(INT), inherit_on_fork)]
fn cleanup() {}

fn main() {}
