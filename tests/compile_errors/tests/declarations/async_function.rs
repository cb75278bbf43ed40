//! Refused: async function.

#[terminate_std::hook]
async fn cleanup() {}

fn main() {}
