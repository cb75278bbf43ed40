//! The size that ctrlc adds to a program.

fn main() {
    let done = || {
        println!("bye");
        std::process::exit(130);
    };
    ctrlc::set_handler(done).expect("nobody else has one");
    println!("hello");
}
