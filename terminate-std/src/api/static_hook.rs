//! [`StaticHook`]: a hook that lives in a static, and is registered at most once at a time.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use terminate_core::{Phase, UnregisterError};

use super::hook::{Hook, RegisterError};
use super::setters::setters;
use crate::lifecycle::fork;
use crate::lifecycle::register::{self, HookId};
use crate::types::cause::Cause;
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::register_error_kind::RegisterErrorKind;
use crate::types::signal_set::SignalSet;

/// A plain function as a hook, in a static. A second registration fails, and changes nothing.
///
/// ```
/// use terminate_std::{Cause, ExitStatus, RegisterErrorKind, Signal, StaticHook};
///
/// static CLEANUP: StaticHook =
///     StaticHook::new(cleanup).signals(Signal::TERMINATION.with(Signal::USR1)).exit_status(ExitStatus::Success);
///
/// fn cleanup(_: Cause) {}
///
/// CLEANUP.register()?;
/// assert!(matches!(CLEANUP.register().unwrap_err().kind(), RegisterErrorKind::AlreadyRegistered));
/// CLEANUP.unregister().unwrap();
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "a hook does nothing until it is registered"]
pub struct StaticHook {
    function: fn(Cause),
    name: Option<&'static str>,
    options: Options,
    /// The process in which a thread registers it: a forked child does not inherit that.
    registering: AtomicI32,
    /// The id of the last registration; its table is zero before the first.
    id: AtomicU64,
    table: AtomicI32,
}

impl StaticHook {
    /// As [`Hook::new`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ());
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub const fn new(function: fn(Cause)) -> Self {
        Self {
            function,
            name: None,
            options: Options::new(false),
            registering: AtomicI32::new(0),
            id: AtomicU64::new(0),
            table: AtomicI32::new(0),
        }
    }

    /// As [`Hook::handler_safe`].
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use terminate_std::{Signal, SignalSet, StaticHook};
    /// static FAULTED: AtomicBool = AtomicBool::new(false);
    /// // SAFETY: one atomic store.
    /// static NOTE: StaticHook = unsafe { StaticHook::handler_safe(|_| FAULTED.store(true, Ordering::Relaxed)) }
    ///     .signals(SignalSet::EMPTY.with(Signal::SEGV));
    /// NOTE.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// # Safety
    ///
    /// As for [`Hook::handler_safe`]: `function` may do only what is async-signal-safe.
    pub const unsafe fn handler_safe(function: fn(Cause)) -> Self {
        let mut hook = Self::new(function);
        hook.options.handler_safe = true;
        hook
    }

    /// As [`Hook::signals`].
    ///
    /// ```
    /// use terminate_std::{Signal, StaticHook};
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).signals(Signal::TERMINATION.with(Signal::USR1));
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub const fn signals(mut self, signals: SignalSet) -> Self {
        self.options.signals = Some(signals);
        self
    }

    setters!();

    /// As [`Hook::name`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).name("pid file");
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Registers the hook. After it has run or was unregistered, it may be registered again.
    ///
    /// ```
    /// use terminate_std::{RegisterErrorKind, StaticHook};
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ());
    /// CLEANUP.register()?;
    /// assert!(matches!(CLEANUP.register().unwrap_err().kind(), RegisterErrorKind::AlreadyRegistered));
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegisterErrorKind::AlreadyRegistered`] if the hook is registered; otherwise as [`Hook::register`].
    #[track_caller]
    pub fn register(&'static self) -> Result<HookId, RegisterError> {
        let mut hook = Hook::with(self.function, self.name, self.options);
        if let Some(signals) = self.options.signals {
            hook = hook.signals(signals);
        }
        let refuse = |hook| Err(RegisterError::new(RegisterErrorKind::AlreadyRegistered, hook));
        let process = fork::take_ownership().owner();
        // A thread that finds another one registering it does not wait: it is being registered, as the caller wants.
        if self.registering.swap(process, Ordering::Acquire) == process {
            return refuse(hook);
        }
        let registered = if self.id().is_registered() { refuse(hook) } else { hook.register() };
        if let Ok(id) = &registered {
            let (id, table) = id.to_parts();
            // Release: a thread that takes the hook back finds its cell.
            self.id.store(id, Ordering::Release);
            // After the id: a reader that sees this process's table sees none of its parent's ids.
            self.table.store(table, Ordering::Release);
        }
        self.registering.store(0, Ordering::Release);
        registered
    }

    /// Takes the hook back.
    ///
    /// ```
    /// use terminate_std::{StaticHook, UnregisterError};
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ());
    /// CLEANUP.register()?;
    /// CLEANUP.unregister().unwrap();
    /// assert_eq!(CLEANUP.unregister(), Err(UnregisterError::Stale));
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`unregister`](crate::unregister). [`UnregisterError::Stale`] if the hook is not registered.
    pub fn unregister(&'static self) -> Result<(), UnregisterError> {
        register::unregister(self.id())
    }

    /// Whether it ever was registered, in this process or in the one that this was forked from.
    #[cfg(all(feature = "macros", debug_assertions))]
    pub(super) fn was_registered(&self) -> bool {
        self.table.load(Ordering::Acquire) != 0
    }

    fn id(&self) -> HookId {
        let table = self.table.load(Ordering::Acquire);
        HookId::from_parts(self.id.load(Ordering::Acquire), table)
    }
}
