//! Refused: method.

struct Server;

impl Server {
    #[terminate_std::hook]
    fn cleanup(&self) {}
}

fn main() {}
