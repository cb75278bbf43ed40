//! Eight slots of 3 words: register and run.
#![no_std]
#![no_main]

use terminate_core::{Cause, Context, HookId, Registry, Report};
use terminate_size::{hook, keep};

static REGISTRY: Registry<8, 3> = Registry::new();

keep! {
    fn register() -> Option<HookId> {
        REGISTRY.register(hook()).ok()
    }

    fn run(cause: Cause, context: Context) -> Report {
        REGISTRY.run(cause, context)
    }
}
