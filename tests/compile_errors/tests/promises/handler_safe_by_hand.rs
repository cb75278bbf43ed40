//! No safe way turns an ordinary hook into a handler-safe one.

use terminate_std::Hook;

fn main() {
    let mut hook = Hook::new(|_| println!("locks and allocates"));
    hook.options.handler_safe = true;
    let _ = hook.register();
}
