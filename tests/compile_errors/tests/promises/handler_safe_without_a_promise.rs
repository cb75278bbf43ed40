//! `Hook::handler_safe` is unsafe to call.

use terminate_std::{Hook, Signal};

fn main() {
    let _ = Hook::handler_safe(|_| println!("locks and allocates")).signals([Signal::SEGV]).register();
}
