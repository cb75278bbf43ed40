//! Hooks that are declared with `#[hook]`, and gathered by the linker.

use linkme::distributed_slice;

use super::error::RegisterError;
use super::static_hook::StaticHook;
use crate::lifecycle::register::{self, HookId};

/// One function with `#[hook]` on it.
#[derive(Debug)]
pub struct Declared {
    /// What it expands to.
    pub hook: &'static StaticHook,
    /// File, line and column.
    pub place: (&'static str, u32, u32),
}

/// All of them, in the order that the linker chose.
#[distributed_slice]
pub static DECLARED: [Declared];

/// Registers them in source order: files by name, then by line. If one cannot be, none is.
pub(crate) fn register_all() -> Result<(), RegisterError> {
    let mut declared: Vec<_> = DECLARED.iter().collect();
    declared.sort_unstable_by_key(|declared| declared.place);
    let mut registered: Vec<HookId> = Vec::new();
    for declared in declared {
        match declared.hook.register() {
            Ok(id) => registered.push(id),
            Err(error) => {
                for id in registered {
                    let _ = register::unregister(id);
                }
                return Err(error);
            }
        }
    }
    Ok(())
}
