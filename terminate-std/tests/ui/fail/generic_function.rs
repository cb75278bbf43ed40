#[terminate_std::hook]
fn cleanup<T>() {}

fn main() {}
