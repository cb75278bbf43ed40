//! The signal handler: it calls policy, by the function that was given at installation, and carries out what comes back.
//!
//! Everything that it reaches is async-signal-safe, handler-safe hooks and the previous handler aside.

use std::io;

use libc::{c_int, c_void, siginfo_t};

use super::default_action::{DefaultAction, default_action};
use super::die::{die_by, exit_now, send_to_self, stop_by};
use super::pid::pid;
use super::sigaction::{self, Previous};
use super::{errno, mask};
use crate::types::signal::Signal;

/// One arrival of a signal, as the kernel reports it.
pub(crate) struct Delivery {
    pub(crate) signal: Signal,
    info: *mut siginfo_t,
    context: *mut c_void,
}

/// What policy wants done about a [`Delivery`].
pub(crate) enum Action {
    /// Nothing: the interrupted code goes on.
    Return,
    /// What the signal did before we handled it.
    Chain,
    /// Ask policy again: this is a forked child by now.
    Redeliver,
    /// Put the previous action back for good, and let the fault recur.
    Restore,
    /// End the process by the signal.
    DieBy(Signal),
    /// End the process with the exit code, at once.
    ExitNow(c_int),
}

/// The function of policy that decides what a signal does.
pub(crate) type Deliver = fn(&Delivery) -> Action;

/// Has the signal handled by us from now on, as `deliver` decides. Whether it is: an ignored one may stay so. See [`sigaction::install`].
///
/// # Errors
///
/// If the system refuses.
pub(crate) fn install(signal: Signal, override_ignored: bool, deliver: Deliver) -> io::Result<bool> {
    sigaction::install(signal, override_ignored, handle as *const () as usize, deliver as *mut ())
}

extern "C" fn handle(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let _errno = errno::Saved::new();
    let delivery = Delivery { signal: Signal::from_raw(number), info, context };
    let policy = sigaction::policy();
    if !policy.is_null() {
        // SAFETY: `install` gave it, from a function of this type.
        delivery.carry_out(unsafe { std::mem::transmute::<*mut (), Deliver>(policy) });
    }
}

impl Delivery {
    fn carry_out(&self, deliver: Deliver) {
        match deliver(self) {
            Action::Return => {}
            Action::Redeliver => self.carry_out(deliver),
            Action::Chain => self.chain(),
            Action::Restore => {
                sigaction::restore(self.signal);
                self.recur();
            }
            Action::DieBy(signal) => die_by(signal),
            Action::ExitNow(code) => exit_now(code),
        }
    }

    /// Does what the signal did before we handled it.
    #[cold]
    fn chain(&self) {
        match sigaction::previous(self.signal) {
            Previous::Ignore => {}
            Previous::Handler(_) => self.call_previous(),
            Previous::Default => match default_action(self.signal) {
                DefaultAction::Ignore => {}
                DefaultAction::End => die_by(self.signal),
                DefaultAction::Stop => stop_by(self.signal),
            },
        }
    }

    /// Calls the previous handler, if there is one, with what the kernel gave us, and with the mask that the kernel would have set
    /// for it.
    pub(crate) fn call_previous(&self) {
        let Previous::Handler(action) = sigaction::previous(self.signal) else { return };
        // SAFETY: the kernel's context is valid while the handler runs.
        let mut natural = mask::union(unsafe { mask::interrupted(self.context) }, &action.sa_mask);
        if action.sa_flags & libc::SA_NODEFER == 0 {
            natural = mask::with(natural, self.signal);
        }
        let ours = mask::exchange(&natural);
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            // SAFETY: SA_SIGINFO says that it is a handler of this kind.
            let handler = unsafe {
                std::mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(action.sa_sigaction)
            };
            handler(self.signal.as_raw(), self.info, self.context);
        } else {
            // SAFETY: without SA_SIGINFO it is a handler of this kind.
            let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(c_int)>(action.sa_sigaction) };
            handler(self.signal.as_raw());
        }
        mask::exchange(&ours);
    }

    /// Lets signals in as the interrupted code does, during `body`. Apart, since masks are large, and a thread's alternate stack is
    /// small.
    #[inline(never)]
    pub(crate) fn unmasked(&self, body: impl FnOnce() -> Action) -> Action {
        // SAFETY: the kernel's context is valid while the handler runs.
        let ours = mask::exchange(&unsafe { mask::interrupted(self.context) });
        let action = body();
        mask::exchange(&ours);
        action
    }

    /// Sends the signal again if the instruction that faulted will not fault again: after a breakpoint or a refused system
    /// call, and if the signal was sent.
    fn recur(&self) {
        let recurs = self.code() > 0 && self.signal != Signal::TRAP && self.signal != Signal::SYS;
        if !recurs {
            send_to_self(self.signal, self.info());
        }
    }

    /// The kernel's record of the signal.
    pub(crate) fn info(&self) -> Option<&siginfo_t> {
        // SAFETY: the kernel's record is valid while the handler runs, and so is the borrow.
        unsafe { self.info.as_ref() }
    }

    /// Whether a process sent the signal, as opposed to a fault of this thread.
    pub(crate) fn is_sent(&self) -> bool {
        self.code() <= 0
    }

    /// Whether this process sent the signal to one thread, as `abort` and `raise` do.
    pub(crate) fn is_raised(&self) -> bool {
        // SAFETY: this code has the field.
        self.code() == libc::SI_TKILL && self.info().is_some_and(|info| unsafe { info.si_pid() } == pid())
    }

    fn code(&self) -> c_int {
        self.info().map_or(0, |info| info.si_code)
    }

    /// Whether the fault ends the process when it recurs: no handler stood before ours, and none stands over it. (Process 1
    /// outlives a signal that it does not handle.)
    pub(crate) fn ends_when_it_recurs(&self) -> bool {
        matches!(sigaction::previous(self.signal), Previous::Default) && sigaction::is_ours(self.signal) && pid() != 1
    }
}
