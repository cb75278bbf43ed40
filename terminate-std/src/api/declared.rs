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

/// A program that declares hooks and does not install them has forgotten that: in a debug build, a message says so at its exit.
#[cfg(debug_assertions)]
mod reminder {
    use super::TERMINATE_STD_0_1_HOOKS;
    use crate::lifecycle::fork;
    use crate::sys;
    use crate::sys::raw_stderr::Line;

    sys::at_start!(start);

    extern "C" fn start() {
        fork::take_ownership();
        sys::at_exit(remind);
    }

    extern "C" fn remind() {
        let forgotten = |declared: &&super::Declared| !declared.hook.was_registered();
        // Not in a forked child.
        if let Some(declared) = TERMINATE_STD_0_1_HOOKS.iter().find(forgotten).filter(|_| fork::own().is_some()) {
            let mut line = Line::new("terminate: the hook declared at ");
            line.and(declared.place.0).and(":").and_number(declared.place.1);
            line.and(" was never installed; call terminate_std::install() early in main").write();
        }
    }
}

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
