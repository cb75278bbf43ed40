//! Refused: unknown exit status.

#[terminate_std::hook(exit_status = Failure)]
fn cleanup() {}

fn main() {}
