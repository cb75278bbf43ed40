//! Eight slots of 1 word: register.
#![no_std]
#![no_main]

use terminate_core::{HookId, Registry};
use terminate_size::{hook, keep};

static REGISTRY: Registry<8, 1> = Registry::new();

keep! {
    fn register() -> Option<HookId> {
        REGISTRY.register(hook()).ok()
    }
}
