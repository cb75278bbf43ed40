#[terminate_std::hook(exit_status = Failure)]
fn cleanup() {}

fn main() {}
