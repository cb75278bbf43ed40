//! Refused: returns a value.

#[terminate_std::hook]
fn cleanup() -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {}
