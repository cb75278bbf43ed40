//! Hooks that are declared with `#[hook]`. The linker gathers them.

use linkme::distributed_slice;

use super::hook::RegisterError;
use super::static_hook::StaticHook;
use crate::lifecycle::register;

/// One function with `#[hook]` on it.
#[derive(Debug)]
pub struct Declared {
    /// What the attribute expands to.
    pub hook: &'static StaticHook,
    /// File, line and column.
    pub place: (&'static str, u32, u32),
}

/// All declared hooks, in the order that the linker chose. The linker knows the slice by this name, in the whole program.
#[distributed_slice]
pub static TERMINATE_STD_0_1_HOOKS: [Declared];

/// Registers the declared hooks in source order: files by name, then by line. If one is refused, none stays registered.
pub(crate) fn register_all() -> Result<(), RegisterError> {
    let mut declared: Vec<_> = TERMINATE_STD_0_1_HOOKS.iter().collect();
    declared.sort_unstable_by_key(|declared| declared.place);
    let mut ids = Vec::new();
    let registered = declared.iter().try_for_each(|declared| declared.hook.register().map(|id| ids.push(id)));
    if registered.is_err() {
        for id in ids {
            let _ = register::unregister(id);
        }
    }
    registered
}
