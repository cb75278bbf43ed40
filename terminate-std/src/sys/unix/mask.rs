//! Signal masks. All of this is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, c_void, sigset_t};

use crate::sys::{ABORT_UNBLOCKS, MASK_BYTES, interrupted_mask, take_pending};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// A signal mask. Hooks run with that of a thread of the program, so that a child process that a hook starts does not inherit
/// a blocked `SIGTERM`.
///
/// These are the bytes that the kernel uses: one bit for each signal. A `sigset_t` may be many times as large, and an alternate
/// stack is small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask([u8; MASK_BYTES]);

impl Mask {
    const EMPTY: Self = Self([0; MASK_BYTES]);

    /// That of the calling thread.
    pub(crate) fn current() -> Self {
        Self::EMPTY.change(libc::SIG_BLOCK)
    }

    /// Every signal but the faults: a blocked fault ends the process without its handler. Nor does it have the signals that the
    /// C library keeps for its threads, nor that of `abort`, if that relies on it.
    pub(crate) fn all_but_faults() -> Self {
        let mut all = Self::EMPTY.to_set();
        // SAFETY: `all` is initialised.
        unsafe { libc::sigfillset(&raw mut all) };
        let left = if ABORT_UNBLOCKS { Signal::FAULTS } else { Signal::FAULTS.with(Signal::ABRT) };
        Self::of(&all).without(Self::only(left))
    }

    /// Whether it is [`all_but_faults`](Self::all_but_faults), as the kernel shows it, those signals aside.
    pub(crate) fn is_all_but_faults(self, aside: SignalSet) -> bool {
        // No mask keeps these.
        let left = Self::only(aside.with(Signal::KILL).with(Signal::STOP));
        self.union(left) == Self::all_but_faults().union(left)
    }

    /// The signals of that set.
    pub(super) fn only(signals: SignalSet) -> Self {
        let mut set = Self::EMPTY.to_set();
        for signal in signals {
            // SAFETY: `set` is initialised. It fails for a number that is no signal here.
            unsafe { libc::sigaddset(&raw mut set, signal.as_raw()) };
        }
        Self::of(&set)
    }

    pub(super) fn of(set: &sigset_t) -> Self {
        // SAFETY: it has at least so many bytes, and they are initialised.
        Self(unsafe { ptr::from_ref(set).cast::<[u8; MASK_BYTES]>().read() })
    }

    /// The mask of the code that a handler interrupted.
    ///
    /// # Safety
    ///
    /// `context` is what the kernel gave the handler, which has not returned.
    pub(super) unsafe fn interrupted(context: *mut c_void) -> Self {
        // SAFETY: promised by the caller. It is read by address, since only these bytes are the kernel's.
        Self(unsafe { interrupted_mask(context).cast::<[u8; MASK_BYTES]>().read() })
    }

    pub(super) fn union(self, other: Self) -> Self {
        self.zip(other, |one, other| one | other)
    }

    fn without(self, other: Self) -> Self {
        self.zip(other, |one, other| one & !other)
    }

    fn zip(mut self, other: Self, merge: fn(u8, u8) -> u8) -> Self {
        for (to, from) in self.0.iter_mut().zip(other.0) {
            *to = merge(*to, from);
        }
        self
    }

    pub(super) fn to_set(self) -> sigset_t {
        let mut set = MaybeUninit::<sigset_t>::zeroed();
        // SAFETY: it has at least so many bytes. All of it is numbers.
        unsafe {
            set.as_mut_ptr().cast::<[u8; MASK_BYTES]>().write(self.0);
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
        let (new, mut old) = (self.to_set(), Self::EMPTY.to_set());
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
    let mut before = Mask::EMPTY.to_set();
    // SAFETY: writes to `before`.
    unsafe { libc::sigpending(&raw mut before) };
    body();
    let raised = blocked.without(Mask::of(&before)).to_set();
    while take_pending(&raised) {}
    natural.set();
}
