//! The floors: what a program does at least which does the same, in the same executable.
//!
//! The hooks run in the handler, or on a thread that waits for it. The handler is on an alternate stack, and asks which thread of which
//! process this is, as one has to that knows of forks and of other threads: main has one number for both.
//!
//! Each floor does the least that a hook may rely on: it keeps when the signal came and what the kernel says of it, lets the first
//! cause decide, and takes each hook once, by one exchange each, and calls it by its address; on a thread that no signal hits while
//! it waits, with the mask that the program had.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::{ptr, thread};

use crate::program::hook;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    Handler,
    Thread,
}

static HOOKS: AtomicI32 = AtomicI32::new(0);
/// The signal that has come, for who waits on it.
static ARRIVED: AtomicI32 = AtomicI32::new(0);

/// When the signal came, and what the kernel says of it.
struct Record(UnsafeCell<(libc::timespec, MaybeUninit<libc::siginfo_t>)>);

// SAFETY: only the handler is at it, which no signal interrupts.
unsafe impl Sync for Record {}

static RECORD: Record = Record(UnsafeCell::new((libc::timespec { tv_sec: 0, tv_nsec: 0 }, MaybeUninit::uninit())));
/// The hooks, by their addresses.
static TABLE: [AtomicPtr<()>; 128] = [const { AtomicPtr::new(ptr::null_mut()) }; 128];

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

extern "C" fn end_here(number: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    if is_first(number, info) {
        end(number);
    }
}

extern "C" fn wake(number: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    is_first(number, info);
    // SAFETY: the word is a static.
    unsafe {
        libc::syscall(libc::SYS_futex, &raw const ARRIVED, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX)
    };
}

/// Keeps what is known of the signal. Whether it is the first one.
#[inline]
fn is_first(number: libc::c_int, info: *mut libc::siginfo_t) -> bool {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) };
    // SAFETY: the kernel's record is valid while the handler runs, and nobody else is at ours.
    unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut (*RECORD.0.get()).0);
        (*RECORD.0.get()).1.write(info.read());
    }
    ARRIVED.compare_exchange(0, number, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Runs the hooks, and dies by the signal.
#[inline]
fn end(number: libc::c_int) {
    for slot in TABLE.iter().take(usize::try_from(HOOKS.load(Ordering::Relaxed)).unwrap_or(0)) {
        let hook = slot.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: made of such a function, in `set_up`.
        unsafe { std::mem::transmute::<*mut (), fn()>(hook)() };
    }
    die(number);
}

fn die(number: libc::c_int) {
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

impl Floor {
    /// Handles the signals.
    pub(crate) fn set_up(self, hooks: usize) {
        HOOKS.store(hooks.try_into().expect("a few"), Ordering::Relaxed);
        TABLE.iter().take(hooks).for_each(|slot| slot.store(hook as fn() as *mut (), Ordering::Relaxed));
        let handler: Handler = match self {
            Self::Handler => end_here,
            Self::Thread => wake,
        };
        // SAFETY: zero is an empty mask, and no flags.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // SAFETY: fills the mask.
        unsafe { libc::sigfillset(&raw mut action.sa_mask) };
        if self == Self::Thread {
            let all = action.sa_mask;
            thread::spawn(move || {
                let mut natural = MaybeUninit::uninit();
                // SAFETY: blocks all that there is, on this thread, and says what it was.
                let natural = unsafe {
                    libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, natural.as_mut_ptr());
                    natural.assume_init()
                };
                wait(natural);
            });
        }
        prepare_stack();
        // Written once, so that the handler does not wait for a page.
        ARRIVED.store(0, Ordering::Relaxed);
        // SAFETY: nobody handles anything yet.
        unsafe { (&raw mut (*RECORD.0.get()).0).write_volatile(libc::timespec { tv_sec: 0, tv_nsec: 0 }) };
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            // SAFETY: the handlers above may run at any time.
            assert_eq!(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) }, 0);
        }
    }
}

/// Waits for a signal, and runs the hooks with that mask.
fn wait(natural: libc::sigset_t) {
    while ARRIVED.load(Ordering::Acquire) == 0 {
        let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the word is a static. There is no timeout.
        unsafe { libc::syscall(libc::SYS_futex, &raw const ARRIVED, operation, 0, ptr::null::<libc::timespec>()) };
    }
    // SAFETY: sets the mask of this thread.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const natural, ptr::null_mut()) };
    end(ARRIVED.load(Ordering::Relaxed));
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
