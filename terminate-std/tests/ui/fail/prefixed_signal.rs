#[terminate_std::hook(signals(INT, SIGTERM))]
fn cleanup() {}

fn main() {}
