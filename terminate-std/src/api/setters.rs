//! The setters that [`Hook`](super::Hook) and [`StaticHook`](super::StaticHook) share.

macro_rules! setters {
    () => {
        /// Puts the hook into a phase, instead of [`Phase::Main`].
        ///
        /// ```
        /// use terminate_std::{Hook, Phase, StaticHook};
        /// static LOG: StaticHook = StaticHook::new(|_| eprintln!("second: the log is closed")).phase(Phase::Last);
        /// LOG.register()?;
        /// Hook::new(|_| eprintln!("first: the workers stop")).phase(Phase::Main).register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn phase(mut self, phase: Phase) -> Self {
            self.options.phase = phase;
            self
        }

        /// How the process ends after a signal that this hook requests. See [`ExitStatus`] for which hook decides if
        /// several hooks request it.
        ///
        /// ```
        /// use terminate_std::{ExitStatus, Hook, Signal, StaticHook};
        /// Hook::new(|_| ()).signals([Signal::TERM]).exit_status(ExitStatus::Shell).register()?;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).exit_status(ExitStatus::Code(3));
        /// CLEANUP.register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn exit_status(mut self, status: ExitStatus) -> Self {
            self.options.exit_status = Some(status);
            self
        }

        /// Limits how long this hook may run, at an end or an interrupt. (An interrupt becomes a termination by SIGINT then.)
        ///
        /// After that time a message on standard error names the hook, and the process abandons it: the hooks that are left
        /// run on another thread. See [`Config::deadline`](crate::Config::deadline), which is a limit for all hooks together.
        /// The limit is kept to a tenth of a second. A guard that the hook drops is a part of the hook.
        ///
        /// After a signal, a thread is started to watch the limits. If the system has none to give, a message says so, and they hold only
        /// from the moment on at which the program calls `exit`, or main returns.
        ///
        /// ```
        /// use std::time::Duration;
        /// use terminate_std::{Hook, StaticHook};
        /// Hook::new(|_| ()).timeout(Duration::from_secs(2)).register()?;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).timeout(Duration::from_secs(2));
        /// CLEANUP.register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        /// Whether to handle signals even if the process inherited them as ignored. `nohup` and a shell's `&` ignore
        /// signals on purpose, so the default is `false`.
        ///
        /// ```
        /// use terminate_std::{Hook, Signal, StaticHook};
        /// // Even under `nohup`.
        /// Hook::new(|_| ()).signals([Signal::HUP]).override_ignored(true).register()?;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).override_ignored(true);
        /// CLEANUP.register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn override_ignored(mut self, over: bool) -> Self {
            self.options.override_ignored = over;
            self
        }

        /// Whether the hook requests a signal only while no other handler is installed for it: for a library inside of
        /// someone else's program, which must not change what its signals do.
        ///
        /// Where another handler is installed, before this one or over it, the hook does not request the signal, and runs at
        /// the exit that follows. If another hook requests it all the same, that begins a termination, in which every hook runs.
        /// The handler of another copy of this library does not count, on Unix.
        ///
        /// ```
        /// use terminate_std::{Hook, StaticHook};
        /// Hook::new(|_| ()).unless_handled(true).register()?;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).unless_handled(true);
        /// CLEANUP.register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn unless_handled(mut self, yields: bool) -> Self {
            self.options.unless_handled = yields;
            self
        }

        /// Whether SIGINT interrupts the program, and does not end it. The hooks that request SIGINT run, all other
        /// hooks stay, and the next [`checkpoint`](crate::interrupt::checkpoint) returns [`Interrupt`](crate::interrupt::Interrupt).
        ///
        /// Of several hooks that request SIGINT and set this, the first registered one decides. A hook that has run is
        /// gone. For the next Ctrl-C, register it again after the checkpoint. A hook that registers itself again runs
        /// again at once.
        ///
        /// ```
        /// use terminate_std::interrupt::checkpoint;
        /// use terminate_std::StaticHook;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| eprintln!("interrupted")).interrupt_on_sigint(true);
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// CLEANUP.register()?;
        /// for _ in 0..3 {
        ///     // A Ctrl-C leaves the loop here.
        ///     checkpoint()?;
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub const fn interrupt_on_sigint(mut self, interrupt: bool) -> Self {
            self.options.interrupt_on_sigint = Some(interrupt);
            self
        }

        /// Whether a forked child gets a copy of this hook, which runs at the child's end. By default a hook belongs to
        /// the process that registered it, and a child neither runs nor drops it.
        ///
        /// If the hooks need a runner, the child starts one inside `fork`. See the [guide](crate::guide::fork).
        ///
        /// ```
        /// use terminate_std::{Hook, StaticHook};
        /// Hook::new(|_| eprintln!("process {} ends", std::process::id())).inherit_on_fork(true).register()?;
        /// static CLEANUP: StaticHook = StaticHook::new(|_| ()).inherit_on_fork(true);
        /// CLEANUP.register()?;
        /// # Ok::<(), terminate_std::RegisterError>(())
        /// ```
        pub const fn inherit_on_fork(mut self, inherit: bool) -> Self {
            self.options.inherit_on_fork = inherit;
            self
        }
    };
}

pub(super) use setters;
