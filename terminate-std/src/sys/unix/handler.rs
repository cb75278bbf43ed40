//! The signal handler: it calls policy, by the function that was given at installation, and carries out what comes back.
//!
//! Everything that it reaches is async-signal-safe, handler-safe hooks and the previous handler aside.

use std::sync::atomic::{AtomicPtr, Ordering};
use std::{io, mem, ptr};

use libc::{c_int, c_void, siginfo_t};

use super::die::{STOPPING, die_by, stop_by};
use super::mask::Mask;
use super::sigaction;
use super::siginfo::sender;
use crate::sys::action::Action;
use crate::sys::{IGNORED, is_raised, is_sent, pid, send_to_self, thread_token};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// One arrival of a signal, as the kernel reports it.
pub(crate) struct Delivery {
    pub(crate) signal: Signal,
    info: *mut siginfo_t,
    context: *mut c_void,
}

/// A signal handler runs handler-safe hooks of any signal, and calls the previous handler itself.
pub(crate) const ON_RUNNER: SignalSet = SignalSet::EMPTY;

/// The function of policy that decides what a signal does.
pub(crate) type Deliver = fn(&Delivery) -> Action;

/// Has the signal handled by us from now on, as `deliver` decides. Whether it is: an ignored one may stay so. See [`sigaction::install`].
///
/// # Errors
///
/// If the system refuses.
pub(crate) fn install(signal: Signal, override_ignored: bool, deliver: Deliver) -> io::Result<bool> {
    // Each installation gives the same function. Release: pairs with the Acquire in `handle`.
    POLICY.store(deliver as *mut (), Ordering::Release);
    sigaction::install(signal, override_ignored, handle as *const () as usize)
}

/// A [`Deliver`] from the first installation on. A forked child inherits our handler, so it keeps this too.
static POLICY: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

extern "C" fn handle(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // The interrupted code may be about to read it.
    let errno = thread_token() as *mut c_int;
    // SAFETY: the address is this thread's own.
    let saved = unsafe { *errno };
    // SAFETY: null, or from `install`, of a function of this type.
    let deliver = unsafe { mem::transmute::<*mut (), Option<Deliver>>(POLICY.load(Ordering::Acquire)) };
    let delivery = Delivery { signal: Signal::from_raw(number), info, context };
    if let Some(deliver) = deliver {
        delivery.carry_out(deliver);
    }
    // SAFETY: as above.
    unsafe { *errno = saved };
}

impl Delivery {
    fn carry_out(&self, deliver: Deliver) {
        match deliver(self) {
            Action::Return => {}
            Action::Chain => self.chain(),
            Action::Die => die_by(self.signal),
            Action::Restore => self.restore(),
            Action::Redeliver => self.carry_out(deliver),
        }
    }

    /// Does what the signal did before we handled it.
    #[cold]
    fn chain(&self) {
        match sigaction::previous(self.signal).sa_sigaction {
            // A handler over ours has called it. Without us, it would have called none.
            libc::SIG_DFL if !sigaction::is_ours(self.signal) => {}
            libc::SIG_DFL if STOPPING.contains(self.signal) => stop_by(self.signal),
            libc::SIG_DFL if !IGNORED.contains(self.signal) => die_by(self.signal),
            _ => self.call_previous(),
        }
    }

    /// Whether the process would die by the signal without us.
    pub(crate) fn is_deadly(&self) -> bool {
        let is_default =
            sigaction::previous(self.signal).sa_sigaction == libc::SIG_DFL && sigaction::is_ours(self.signal);
        is_default && !STOPPING.contains(self.signal) && !IGNORED.contains(self.signal)
    }

    /// Calls the previous handler, if there is one, with what the kernel gave us, and with the mask that the kernel would have
    /// set for it.
    pub(crate) fn call_previous(&self) {
        let action = sigaction::previous(self.signal);
        if !sigaction::is_handler(action) {
            return;
        }
        let mut mask = self.natural_mask().union(Mask::of(&action.sa_mask));
        if action.sa_flags & libc::SA_NODEFER == 0 {
            mask = mask.union(Mask::only(self.signal.into()));
        }
        if action.sa_flags & libc::SA_RESETHAND != 0 {
            sigaction::reset_previous(self.signal);
        }
        let ours = mask.set();
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            // SAFETY: SA_SIGINFO says that it is a handler of this kind.
            let handler = unsafe {
                mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(action.sa_sigaction)
            };
            handler(self.signal.as_raw(), self.info, self.context);
        } else {
            // SAFETY: without SA_SIGINFO it is a handler of this kind.
            let handler = unsafe { mem::transmute::<usize, extern "C" fn(c_int)>(action.sa_sigaction) };
            handler(self.signal.as_raw());
        }
        ours.set();
    }

    /// The system gives a process as much time as it wants.
    #[allow(clippy::unused_self, reason = "it is a part of the seam")]
    pub(crate) const fn is_late(&self) -> bool {
        false
    }

    /// Does `body` with signals let in as the interrupted code does.
    pub(crate) fn unmasked<T>(&self, body: impl FnOnce() -> T) -> T {
        let ours = self.natural_mask().set();
        let result = body();
        ours.set();
        result
    }

    /// That of the interrupted code.
    pub(crate) fn natural_mask(&self) -> Mask {
        // SAFETY: the kernel's context is valid while the handler runs.
        unsafe { Mask::interrupted(self.context) }
    }

    /// Puts the previous action back, and sends the signal again if the instruction that faulted will not fault again: after a
    /// breakpoint or a refused system call, and if the signal was sent.
    fn restore(&self) {
        sigaction::restore(self.signal);
        if self.is_sent() || self.signal == Signal::TRAP || self.signal == Signal::SYS {
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
        is_sent(self.info().map_or(0, |info| info.si_code))
    }

    /// Whether this process sent the signal to one thread, as `abort` and `raise` do.
    pub(crate) fn is_raised(&self) -> bool {
        self.info().is_some_and(|info| is_raised(info, pid()))
    }

    /// Whether this process sent the signal, to itself or to one thread.
    pub(crate) fn is_own(&self) -> bool {
        let sender = self.info().and_then(sender);
        sender.is_some_and(|sender| sender.pid == pid().cast_unsigned())
    }

    /// Whether the fault ends the process when it recurs: no handler stood before ours, and none stands over it. (Process 1
    /// outlives a signal that it does not handle.)
    pub(crate) fn ends_when_it_recurs(&self) -> bool {
        sigaction::previous(self.signal).sa_sigaction == libc::SIG_DFL && sigaction::is_ours(self.signal) && pid() != 1
    }
}
