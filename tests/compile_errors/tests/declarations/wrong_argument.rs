//! Refused: wrong argument.

#[terminate_std::hook]
fn cleanup(cause: i32) {
    let _ = cause;
}

fn main() {}
