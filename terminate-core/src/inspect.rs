//! Which hooks are registered or running, and how many.
//!
//! These calls change nothing. The answer may be out of date when they return.

use core::fmt;

use crate::atomic::Bits;
use crate::id::HookId;
use crate::registry::Registry;
use crate::word;

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Whether the hook of that id is registered and not running.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert!(REGISTRY.contains(id));
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn contains(&self, id: HookId) -> bool {
        self.is_in(id, word::ARMED)
    }

    /// Whether the hook of that id is running.
    ///
    /// ```
    /// use std::sync::OnceLock;
    /// use terminate_core::{Cause, Context, Hook, HookId, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// static ID: OnceLock<HookId> = OnceLock::new();
    /// let id = REGISTRY.register(Hook::new(|_| {
    ///     let id = *ID.get().unwrap();
    ///     assert!(REGISTRY.is_running(id) && !REGISTRY.contains(id));
    /// }))?;
    /// ID.set(id).unwrap();
    /// assert_eq!(REGISTRY.run(Cause::Exit, Context::Thread).ran, 1);
    /// assert!(!REGISTRY.is_running(id));
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn is_running(&self, id: HookId) -> bool {
        self.is_in(id, word::RUNNING)
    }

    fn is_in(&self, id: HookId, state: Bits) -> bool {
        self.slots.get(id.slot()).is_some_and(|slot| {
            let seen = slot.load();
            word::state(seen) == state && word::ticket(seen) == word::ticket(id.0)
        })
    }

    /// The ids of the hooks that are registered and not running. The iterator looks at each slot when it comes to it.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| ()))?;
    /// assert!(REGISTRY.ids().eq([id]));
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn ids(&self) -> impl Iterator<Item = HookId> {
        self.live_ids().filter(|id| self.contains(*id))
    }

    /// The ids of the hooks that are registered or running: for a table beside the registry. The iterator looks at each slot when
    /// it comes to it.
    ///
    /// ```
    /// use terminate_core::{Cause, Context, Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// let id = REGISTRY.register(Hook::new(|_| assert_eq!(REGISTRY.live_ids().count(), 1)))?;
    /// assert!(REGISTRY.live_ids().eq([id]));
    /// REGISTRY.run(Cause::Exit, Context::Thread);
    /// assert_eq!(REGISTRY.live_ids().count(), 0);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn live_ids(&self) -> impl Iterator<Item = HookId> {
        self.used_slots().iter().enumerate().filter_map(|(index, slot)| {
            let seen = slot.load();
            matches!(word::state(seen), word::ARMED | word::RUNNING)
                .then(|| HookId(word::id(word::ticket(seen), index)))
        })
    }

    /// How many hooks are registered and not running. It is a guess while other threads change the registry.
    ///
    /// ```
    /// use terminate_core::{Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// REGISTRY.register(Hook::new(|_| ()))?;
    /// assert_eq!(REGISTRY.len(), 1);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.ids().count()
    }

    /// Whether no hook is registered, except hooks that are running.
    ///
    /// ```
    /// assert!(terminate_core::Registry::<8>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }

    /// How many hooks the registry has room for: `N`.
    ///
    /// ```
    /// assert_eq!(terminate_core::Registry::<8>::new().capacity(), 8);
    /// ```
    pub const fn capacity(&self) -> usize {
        N
    }
}

impl<const N: usize, const WORDS: usize> fmt::Debug for Registry<N, WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("capacity", &N).field("len", &self.len()).finish_non_exhaustive()
    }
}
