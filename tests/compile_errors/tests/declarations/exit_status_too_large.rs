//! Refused: exit status too large.

#[terminate_std::hook(exit_status = Code(300))]
fn cleanup() {}

fn main() {}
