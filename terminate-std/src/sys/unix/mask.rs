//! Signal masks, and threads that take no signals until they run hooks.
//!
//! All of this is async-signal-safe, [`spawn_masked`] aside.

use std::mem::MaybeUninit;
use std::{io, ptr, thread};

use libc::{c_int, c_void, sigset_t};

use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// A signal mask. Hooks run with that of a thread of the program, so that a child process that a hook starts does not inherit
/// a blocked `SIGTERM`.
///
/// These are the eight bytes that the kernel uses. A `sigset_t` is many times as large, and an alternate stack is small.
#[derive(Clone, Copy)]
pub(crate) struct Mask(u64);

impl Mask {
    /// That of the calling thread.
    pub(crate) fn current() -> Self {
        Self(0).change(libc::SIG_BLOCK)
    }

    /// Every signal but the faults: a blocked fault ends the process without its handler. Nor does it have the signals that the
    /// C library keeps for its threads.
    pub(crate) fn all_but_faults() -> Self {
        let mut all = Self(0).to_set();
        // SAFETY: `all` is initialised.
        unsafe { libc::sigfillset(&raw mut all) };
        Self(Self::of(&all).0 & !Self::only(Signal::FAULTS).0)
    }

    /// The signals of that set.
    pub(super) fn only(signals: SignalSet) -> Self {
        let bits = signals.to_bits();
        // The kernel has an array of `unsigned long`, the first signals first.
        let is_swapped = cfg!(all(target_endian = "big", target_pointer_width = "32"));
        Self(if is_swapped { bits.rotate_left(32) } else { bits })
    }

    pub(super) fn of(set: &sigset_t) -> Self {
        // SAFETY: it has at least eight bytes, and they are initialised.
        Self(unsafe { std::ptr::from_ref(set).cast::<u64>().read_unaligned() })
    }

    /// The mask of the code that a handler interrupted.
    ///
    /// # Safety
    ///
    /// `context` is what the kernel gave the handler, which has not returned.
    pub(super) unsafe fn interrupted(context: *mut c_void) -> Self {
        // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t` (`sigaction(2)`). The field is read by address, since only its first
        // eight bytes are the kernel's.
        Self(unsafe { (&raw const (*context.cast::<libc::ucontext_t>()).uc_sigmask).cast::<u64>().read_unaligned() })
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn to_set(self) -> sigset_t {
        let mut set = MaybeUninit::<sigset_t>::zeroed();
        // SAFETY: it has at least eight bytes. All of it is numbers.
        unsafe {
            set.as_mut_ptr().cast::<u64>().write_unaligned(self.0);
            set.assume_init()
        }
    }

    /// Gives the calling thread this mask, and returns what it had.
    pub(crate) fn set(self) -> Self {
        self.change(libc::SIG_SETMASK)
    }

    /// Changes the calling thread's mask by this one, and returns what it was. Apart, for its two large sets.
    #[inline(never)]
    fn change(self, how: c_int) -> Self {
        let (new, mut old) = (self.to_set(), Self(0).to_set());
        // SAFETY: reads `new`, and writes to `old`. It fails only for a wrong `how`.
        unsafe { libc::pthread_sigmask(how, &raw const new, &raw mut old) };
        Self::of(&old)
    }
}

/// Lets the signal in on the calling thread, and returns the mask that it had.
pub(super) fn unblock(signal: Signal) -> Mask {
    Mask::only(signal.into()).change(libc::SIG_UNBLOCK)
}

/// Does `body` with these signals blocked. Those that are raised meanwhile are lost.
pub(super) fn without(signals: SignalSet, body: impl FnOnce()) {
    let blocked = Mask::only(signals);
    let natural = blocked.change(libc::SIG_BLOCK);
    let mut before = Mask(0).to_set();
    // SAFETY: writes to `before`.
    unsafe { libc::sigpending(&raw mut before) };
    body();
    let raised = Mask(blocked.0 & !Mask::of(&before).0).to_set();
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: reads the set and the time.
    while unsafe { libc::sigtimedwait(&raw const raised, ptr::null_mut(), &raw const at_once) } > 0 {}
    natural.set();
}

/// Starts a thread that is born with every signal but the faults blocked. Boxed: the code that starts threads is large, and is
/// there once.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn spawn_masked(name: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    let natural = Mask::all_but_faults().set();
    let started = thread::Builder::new().name(name.into()).spawn(body);
    natural.set();
    started.map(drop)
}
