//! Thirty-two slots of 1 word, so many that a run makes a list: register, unregister and run.
#![no_std]
#![no_main]

use terminate_core::{Cause, Context, HookId, Registry, Report, UnregisterError};
use terminate_size::{hook, keep};

static REGISTRY: Registry<32, 1> = Registry::new();

keep! {
    fn register() -> Option<HookId> {
        REGISTRY.register(hook()).ok()
    }

    fn unregister(id: HookId) -> Result<(), UnregisterError> {
        REGISTRY.unregister(id)
    }

    fn run(cause: Cause, context: Context) -> Report {
        REGISTRY.run(cause, context)
    }
}
