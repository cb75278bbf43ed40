#[terminate_std::exit_with_signal(USR1)]
struct Work;

fn main() {}
