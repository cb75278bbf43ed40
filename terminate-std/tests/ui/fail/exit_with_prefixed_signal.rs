#[terminate_std::exit_with_signal(SIGUSR1)]
fn work() {}

fn main() {}
