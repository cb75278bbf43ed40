//! What the others are compared with: nothing is handled.

fn main() {
    println!("hello");
}
