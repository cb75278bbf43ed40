//! [`StaticHook`]: a hook that is known by the static that it is.

use std::sync::atomic::{AtomicU64, Ordering};

use terminate_core::UnregisterError;

use crate::registration::{self, HookId};
use crate::signal::SignalSet;
use crate::{Cause, ExitStatus, Hook, Phase, RegisterError, RegisterErrorKind, Signal, asked, sys};

/// A plain function as a hook, in a static: registering it twice is one registration, and says so.
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
    handler_safe: bool,
    signals: SignalSet,
    phase: Phase,
    exit_status: Option<ExitStatus>,
    interrupt_on_sigint: Option<bool>,
    inherit_on_fork: bool,
    override_ignored: bool,
    name: Option<&'static str>,
    /// The id of the registration, plus one; zero before the first.
    registered: AtomicU64,
}

/// Set, with the process id below, while somebody is registering it: a forked child does not inherit that.
const BUSY: u64 = 1 << 63;

fn busy() -> u64 {
    BUSY | u64::from(sys::pid().unsigned_abs())
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
            handler_safe: false,
            signals: Signal::TERMINATION,
            phase: Phase::Main,
            exit_status: None,
            interrupt_on_sigint: None,
            inherit_on_fork: false,
            override_ignored: false,
            name: None,
            registered: AtomicU64::new(0),
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
    /// As there: `function` may do only what is async-signal-safe.
    #[must_use]
    pub const unsafe fn handler_safe(function: fn(Cause)) -> Self {
        let mut hook = Self::new(function);
        hook.handler_safe = true;
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
        self.signals = signals;
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
        self.phase = phase;
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
        self.exit_status = Some(status);
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
        self.interrupt_on_sigint = Some(interrupt);
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
        self.inherit_on_fork = inherit;
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
        self.override_ignored = over;
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

    /// Registers the hook. Once it has run, or was unregistered, it may be registered again.
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
    /// [`RegisterErrorKind::AlreadyRegistered`] if it is registered, and else as [`Hook::register`].
    #[track_caller]
    pub fn register(&'static self) -> Result<HookId, RegisterError> {
        let before = self.registered.load(Ordering::Acquire);
        // Who finds it busy does not wait: it is being registered, which is what was wanted.
        if before == busy()
            || id(before).is_some_and(asked::is_registered_here)
            || self.registered.compare_exchange(before, busy(), Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            return Err(RegisterError::new(RegisterErrorKind::AlreadyRegistered, self.hook()));
        }
        let registered = self.hook().register();
        let after = registered.as_ref().map_or(0, |id| id.0.to_bits() + 1);
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
    /// As [`unregister`](crate::unregister); [`UnregisterError::Stale`] if it is not registered.
    pub fn unregister(&'static self) -> Result<(), UnregisterError> {
        match id(self.registered.load(Ordering::Acquire)) {
            Some(id) => registration::unregister(HookId(id)),
            None => Err(UnregisterError::Stale),
        }
    }

    #[track_caller]
    fn hook(&self) -> Hook {
        let mut hook = if self.handler_safe {
            // SAFETY: promised to `StaticHook::handler_safe`.
            unsafe { Hook::handler_safe(self.function) }
        } else {
            Hook::new(self.function)
        };
        hook = hook.signals(self.signals).phase(self.phase).override_ignored(self.override_ignored);
        hook = hook.inherit_on_fork(self.inherit_on_fork);
        if let Some(status) = self.exit_status {
            hook = hook.exit_status(status);
        }
        if let Some(interrupt) = self.interrupt_on_sigint {
            hook = hook.interrupt_on_sigint(interrupt);
        }
        match self.name {
            Some(name) => hook.name(name),
            None => hook,
        }
    }
}

fn id(registered: u64) -> Option<terminate_core::HookId> {
    (registered != 0 && registered & BUSY == 0).then(|| terminate_core::HookId::from_bits(registered - 1))
}
