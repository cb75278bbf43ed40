//! Its name comes first, so its hooks are registered first, and run last.

use terminate_std::hook;

#[hook]
fn early() {
    super::say("early");
}
