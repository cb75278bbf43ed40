#[terminate_std::hook]
struct Cleanup;

fn main() {}
