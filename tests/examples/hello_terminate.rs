//! The size that terminate-std adds to a program.

fn main() {
    terminate_std::register(|_| println!("bye")).expect("there is room");
    println!("hello");
}
