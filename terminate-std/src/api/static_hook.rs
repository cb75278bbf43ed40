//! [`StaticHook`]: a hook that lives in a static, and is registered at most once at a time.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use terminate_core::{Cause, Phase, UnregisterError};

use super::error::{RegisterError, RegisterErrorKind};
use super::hook::Hook;
use crate::lifecycle::register::{self, HookId};
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::signal::SignalSet;

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
pub struct StaticHook {
    function: fn(Cause),
    options: Options,
    name: Option<&'static str>,
    /// The id of the registration, plus one; zero before the first.
    registered: AtomicU64,
    /// The other part of the id: the process whose table it is.
    table: AtomicI32,
}

/// Set, with the process id below, while a thread registers it: a forked child does not inherit that.
const BUSY: u64 = 1 << 63;

fn busy() -> u64 {
    BUSY | u64::from(std::process::id())
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
    #[must_use]
    pub const fn new(function: fn(Cause)) -> Self {
        Self {
            function,
            options: Options::new(false),
            name: None,
            registered: AtomicU64::new(0),
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
    #[must_use]
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
    #[must_use]
    pub const fn signals(mut self, signals: SignalSet) -> Self {
        self.options.signals = signals;
        self
    }

    /// As [`Hook::phase`].
    ///
    /// ```
    /// use terminate_std::{Phase, StaticHook};
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).phase(Phase::Last);
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.options.phase = phase;
        self
    }

    /// As [`Hook::exit_status`].
    ///
    /// ```
    /// use terminate_std::{ExitStatus, StaticHook};
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).exit_status(ExitStatus::Code(3));
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn exit_status(mut self, status: ExitStatus) -> Self {
        self.options.exit_status = Some(status);
        self
    }

    /// As [`Hook::successful_exit`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).successful_exit(true);
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn successful_exit(self, successful: bool) -> Self {
        self.exit_status(if successful { ExitStatus::Success } else { ExitStatus::Signal })
    }

    /// As [`Hook::interrupt_on_sigint`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).interrupt_on_sigint(true);
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn interrupt_on_sigint(mut self, interrupt: bool) -> Self {
        self.options.interrupt_on_sigint = Some(interrupt);
        self
    }

    /// As [`Hook::inherit_on_fork`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).inherit_on_fork(true);
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn inherit_on_fork(mut self, inherit: bool) -> Self {
        self.options.inherit_on_fork = inherit;
        self
    }

    /// As [`Hook::override_ignored`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).override_ignored(true);
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
    pub const fn override_ignored(mut self, over: bool) -> Self {
        self.options.override_ignored = over;
        self
    }

    /// As [`Hook::name`].
    ///
    /// ```
    /// use terminate_std::StaticHook;
    /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).name("pid file");
    /// CLEANUP.register()?;
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    #[must_use]
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
        let before = self.registered.load(Ordering::Acquire);
        // A thread that finds it busy does not wait: it is being registered, as the caller wants.
        if before == busy()
            || self.id(before).is_some_and(HookId::is_registered)
            || self.registered.compare_exchange(before, busy(), Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            return Err(self.hook().refused(RegisterErrorKind::AlreadyRegistered));
        }
        let registered = self.hook().register();
        let (bits, table) = registered.as_ref().map_or((0, 0), |id| id.to_parts());
        let after = if registered.is_ok() { bits + 1 } else { 0 };
        // Before the id: a reader that sees the id sees its table.
        self.table.store(table, Ordering::Relaxed);
        self.registered.store(after, Ordering::Release);
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
        match self.id(self.registered.load(Ordering::Acquire)) {
            Some(id) => register::unregister(id),
            None => Err(UnregisterError::Stale),
        }
    }

    #[track_caller]
    fn hook(&self) -> Hook {
        let hook = Hook::with_options(self.function, self.options);
        match self.name {
            Some(name) => hook.name(name),
            None => hook,
        }
    }

    fn id(&self, registered: u64) -> Option<HookId> {
        let is_id = registered != 0 && registered & BUSY == 0;
        is_id.then(|| HookId::from_parts(registered - 1, self.table.load(Ordering::Relaxed)))
    }
}
