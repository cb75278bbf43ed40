//! The floors: the system calls that a program makes which does the same, and nothing else, in the same executable.
//!
//! The hooks run in the handler; or on a thread that waits for it, or on main, which does. The handler is on an alternate stack,
//! and asks which process and which thread this is, as one has to that knows of forks and of other threads.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::{ptr, thread};

use crate::program::hook;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    Handler,
    Thread,
    Main,
    /// Main or a thread, whichever is faster: main may be in somebody's handler, and there for ever.
    Either,
}

static HOOKS: AtomicI32 = AtomicI32::new(0);
/// The signal that has come, for who waits on it.
static ARRIVED: AtomicI32 = AtomicI32::new(0);

/// Whether somebody runs the hooks.
static TAKEN: AtomicBool = AtomicBool::new(false);

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

extern "C" fn end_here(number: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: these take nothing, and cannot fail.
    unsafe { libc::syscall(libc::SYS_getpid) };
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_gettid) };
    end(number);
}

extern "C" fn note(number: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_getpid) };
    ARRIVED.store(number, Ordering::Release);
}

extern "C" fn wake(number: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    note(number, info, context);
    // SAFETY: the word is a static.
    unsafe {
        libc::syscall(libc::SYS_futex, &raw const ARRIVED, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX)
    };
}

/// Runs the hooks, and dies by the signal.
fn end(number: libc::c_int) {
    (0..HOOKS.load(Ordering::Relaxed)).for_each(|_| hook());
    let mut these = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: gives the signal its default action, and sends it to this thread, which lets it in.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::sigemptyset(these.as_mut_ptr());
        libc::sigaddset(these.as_mut_ptr(), number);
        libc::raise(number);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, these.as_ptr(), ptr::null_mut());
    }
}

fn wait() {
    while ARRIVED.load(Ordering::Acquire) == 0 {
        let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the word is a static. There is no timeout.
        unsafe { libc::syscall(libc::SYS_futex, &raw const ARRIVED, operation, 0, ptr::null::<libc::timespec>()) };
    }
    if TAKEN.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
        end(ARRIVED.load(Ordering::Relaxed));
    }
}

impl Floor {
    /// Handles the signals.
    pub(crate) fn set_up(self, hooks: usize) {
        HOOKS.store(hooks.try_into().expect("a few"), Ordering::Relaxed);
        let handler: Handler = match self {
            Self::Handler => end_here,
            Self::Thread | Self::Either => wake,
            Self::Main => note,
        };
        // SAFETY: zero is an empty mask, and no flags.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // SAFETY: fills the mask.
        unsafe { libc::sigfillset(&raw mut action.sa_mask) };
        if matches!(self, Self::Thread | Self::Either) {
            let all = action.sa_mask;
            thread::spawn(move || {
                // SAFETY: blocks all that there is, on this thread.
                unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut()) };
                wait();
            });
        }
        prepare_stack();
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            // SAFETY: the handlers above may run at any time.
            assert_eq!(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) }, 0);
        }
    }

    /// What main does then.
    pub(crate) fn go_on(self) {
        if matches!(self, Self::Main | Self::Either) {
            wait();
        }
    }
}

/// Has the kernel give memory to the alternate stack.
fn prepare_stack() {
    const PAGE: usize = 4096;
    let mut stack = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: asks for the stack, which Rust's runtime has set, and writes to where nobody is yet.
    unsafe {
        libc::sigaltstack(ptr::null(), &raw mut stack);
        for offset in (0..stack.ss_size).step_by(PAGE) {
            stack.ss_sp.byte_add(offset).cast::<u8>().write_volatile(0);
        }
    }
}
