//! What FreeBSD, NetBSD, OpenBSD, DragonFly and illumos have in their own ways: numbers, and who the main thread is.

use libc::{c_int, c_void, siginfo_t, sigset_t};

pub(crate) use super::semaphore::Semaphore;
pub(crate) use super::threads::{Caught, INTERVAL, caught, thread_id};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

pub(crate) const ABORT_UNBLOCKS: bool = true;
pub(crate) const MASK_BYTES: usize = size_of::<sigset_t>();

/// What each of these processes ignores by default (`signal(3)`).
const COMMON: SignalSet = SignalSet::EMPTY.with(Signal::CHLD).with(Signal::CONT).with(Signal::URG).with(Signal::WINCH);

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "freebsd", target_os = "dragonfly"))] {
        pub(crate) const IGNORED: SignalSet = COMMON.with(Signal::IO).with(Signal::INFO);
        pub(crate) const SI_QUEUE: c_int = 0x10002;
        pub(crate) const SI_THREAD: c_int = 0x10007;
        pub(crate) const SI_USER: c_int = 0x10001;
    } else if #[cfg(target_os = "netbsd")] {
        pub(crate) const IGNORED: SignalSet = COMMON.with(Signal::IO).with(Signal::INFO);
        pub(crate) const SI_QUEUE: c_int = -1;
        pub(crate) const SI_THREAD: c_int = -5;
        pub(crate) const SI_USER: c_int = 0;
    } else if #[cfg(target_os = "openbsd")] {
        pub(crate) const IGNORED: SignalSet = COMMON.with(Signal::IO).with(Signal::INFO);
        pub(crate) const SI_QUEUE: c_int = -2;
        pub(crate) const SI_THREAD: c_int = -1;
        pub(crate) const SI_USER: c_int = 0;
    } else {
        pub(crate) const IGNORED: SignalSet = COMMON.with(Signal::PWR);
        pub(crate) const SI_QUEUE: c_int = -2;
        pub(crate) const SI_THREAD: c_int = -1;
        pub(crate) const SI_USER: c_int = 0;
    }
}

cfg_if::cfg_if! {
    if #[cfg(target_os = "openbsd")] {
        pub(crate) const MAP_STACK: c_int = libc::MAP_STACK;
        pub(crate) const STAY_LOADED: c_int = libc::RTLD_LAZY;
    } else if #[cfg(target_os = "netbsd")] {
        pub(crate) const MAP_STACK: c_int = 0;
        /// From `dlfcn.h`; the crate libc lacks it.
        const RTLD_NODELETE: c_int = 0x1000;
        pub(crate) const STAY_LOADED: c_int = libc::RTLD_LAZY | libc::RTLD_NOLOAD | RTLD_NODELETE;
    } else {
        pub(crate) const MAP_STACK: c_int = 0;
        pub(crate) const STAY_LOADED: c_int = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    }
}

/// Whether that is the program itself, and `dlopen` would open its file. Here it finds the program by its name.
pub(crate) const fn is_program(_: &libc::Dl_info) -> bool {
    false
}

pub(crate) fn errno_location() -> *mut c_int {
    cfg_if::cfg_if! {
        if #[cfg(any(target_os = "netbsd", target_os = "openbsd"))] {
            // SAFETY: cannot fail.
            unsafe { libc::__errno() }
        } else if #[cfg(any(target_os = "illumos", target_os = "solaris"))] {
            // SAFETY: cannot fail.
            unsafe { libc::___errno() }
        } else if #[cfg(target_os = "dragonfly")] {
            // SAFETY: cannot fail.
            unsafe { libc::__errno_location() }
        } else {
            // SAFETY: cannot fail.
            unsafe { libc::__error() }
        }
    }
}

pub(crate) fn is_main_thread() -> bool {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "netbsd")] {
            // SAFETY: cannot fail. The main thread is the first.
            unsafe { libc::_lwp_self() == 1 }
        } else if #[cfg(any(target_os = "illumos", target_os = "solaris"))] {
            unsafe extern "C" {
                fn thr_self() -> u32;
            }
            // SAFETY: cannot fail. The main thread is the first.
            unsafe { thr_self() == 1 }
        } else {
            unsafe extern "C" {
                fn pthread_main_np() -> c_int;
            }
            // SAFETY: cannot fail.
            unsafe { pthread_main_np() == 1 }
        }
    }
}

pub(crate) const fn is_sent(code: c_int) -> bool {
    code <= 0 || matches!(code, SI_USER | SI_QUEUE | SI_THREAD)
}

/// Whether this process sent the signal to one thread, as `abort` and `raise` do; or to itself, where the system tells no more.
pub(crate) fn is_raised(info: &siginfo_t, this_process: i32) -> bool {
    // SAFETY: these codes have the field.
    matches!(info.si_code, SI_THREAD | SI_USER) && unsafe { info.si_pid() } == this_process
}

/// # Safety
///
/// `context` is what the kernel gave the handler, which has not returned.
pub(crate) unsafe fn interrupted_mask(context: *mut c_void) -> *const sigset_t {
    cfg_if::cfg_if! {
        if #[cfg(target_os = "openbsd")] {
            // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t`.
            unsafe { (&raw const (*context.cast::<libc::ucontext_t>()).sc_mask).cast() }
        } else {
            // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t`.
            unsafe { &raw const (*context.cast::<libc::ucontext_t>()).uc_sigmask }
        }
    }
}

pub(crate) fn least_alternate_stack() -> usize {
    0
}

pub(crate) fn put_on_quick_exit(function: extern "C" fn()) -> c_int {
    cfg_if::cfg_if! {
        if #[cfg(any(target_os = "openbsd", target_os = "netbsd"))] {
            // There is no `at_quick_exit`, or in new releases alone.
            let _ = function;
            0
        } else {
            unsafe extern "C" {
                fn at_quick_exit(function: extern "C" fn()) -> c_int;
            }
            // SAFETY: the function may be called at any time, and stays.
            unsafe { at_quick_exit(function) }
        }
    }
}
