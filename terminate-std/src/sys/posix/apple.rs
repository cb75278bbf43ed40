//! What macOS and iOS have in their own way: semaphores of Mach (POSIX's unnamed ones are not implemented), and numbers.
//!
//! A semaphore is a Mach port. A forked child inherits none, and makes its own as it gets its number.

use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{c_int, c_void, siginfo_t, sigset_t};

pub(crate) use super::threads::{Caught, INTERVAL, caught, thread_id};
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// What a process ignores by default (`signal(3)`).
pub(crate) const IGNORED: SignalSet = SignalSet::EMPTY
    .with(Signal::CHLD)
    .with(Signal::CONT)
    .with(Signal::URG)
    .with(Signal::WINCH)
    .with(Signal::IO)
    .with(Signal::INFO);
/// What `kill` may leave; the others are from `sys/signal.h`.
pub(crate) const SI_USER: c_int = 0;
pub(crate) const SI_QUEUE: c_int = 0x10002;
pub(crate) const SI_THREAD: c_int = 0x10001;
pub(crate) const ABORT_UNBLOCKS: bool = true;
pub(crate) const STAY_LOADED: c_int = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
pub(crate) const MASK_BYTES: usize = size_of::<sigset_t>();
pub(crate) const MAP_STACK: c_int = 0;

/// Whether that is the program itself, and `dlopen` would open its file. Here it finds the program by its name.
pub(crate) const fn is_program(_: &libc::Dl_info) -> bool {
    false
}

pub(crate) fn errno_location() -> *mut c_int {
    // SAFETY: cannot fail.
    unsafe { libc::__error() }
}

pub(crate) fn is_main_thread() -> bool {
    // SAFETY: cannot fail.
    unsafe { libc::pthread_main_np() == 1 }
}

pub(crate) const fn is_sent(code: c_int) -> bool {
    matches!(code, SI_USER | SI_THREAD | SI_QUEUE)
}

/// Whether this process sent the signal. The system does not tell a signal to a thread from one to the process, and may leave the
/// sender out.
pub(crate) fn is_raised(info: &siginfo_t, this_process: i32) -> bool {
    let sender = info.si_pid;
    is_sent(info.si_code) && (sender == 0 || sender == this_process)
}

/// # Safety
///
/// `context` is what the kernel gave the handler, which has not returned.
pub(crate) unsafe fn interrupted_mask(context: *mut c_void) -> *const sigset_t {
    // SAFETY: with `SA_SIGINFO`, it is a `ucontext_t`.
    unsafe { &raw const (*context.cast::<libc::ucontext_t>()).uc_sigmask }
}

pub(crate) fn least_alternate_stack() -> usize {
    0
}

/// `quick_exit` came with macOS 26: a program for earlier ones must not refer to it.
pub(crate) fn put_on_quick_exit(_: extern "C" fn()) -> c_int {
    0
}

/// `mach/mach_time.h`, `mach/semaphore.h`
#[repr(C)]
struct MachTimespec {
    seconds: u32,
    nanoseconds: c_int,
}

unsafe extern "C" {
    static mach_task_self_: u32;
    fn semaphore_create(task: u32, semaphore: *mut u32, policy: c_int, value: c_int) -> c_int;
    fn semaphore_wait(semaphore: u32) -> c_int;
    fn semaphore_timedwait(semaphore: u32, limit: MachTimespec) -> c_int;
    fn semaphore_signal(semaphore: u32) -> c_int;
}

/// The name of a Mach port; zero before `init`.
pub(crate) struct Semaphore(AtomicU32);

impl Semaphore {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Makes it usable, with the value zero. Whether the system has one to give.
    pub(crate) fn init(&self) -> bool {
        let mut name = 0;
        // SAFETY: writes to `name`.
        let made = unsafe { semaphore_create(mach_task_self_, ptr::from_mut(&mut name), 0, 0) } == 0;
        self.0.store(name, Ordering::Relaxed);
        made
    }

    /// Waits until it is posted, at most that long. This may return early.
    pub(crate) fn wait(&self, limit: Option<Duration>) {
        let name = self.0.load(Ordering::Relaxed);
        match limit {
            // SAFETY: a wrong name is an error, and no harm.
            None => unsafe { semaphore_wait(name) },
            Some(limit) => {
                let seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX);
                let limit = MachTimespec { seconds, nanoseconds: limit.subsec_nanos().cast_signed() };
                // SAFETY: as above.
                unsafe { semaphore_timedwait(name, limit) }
            }
        };
    }

    /// Wakes one thread that waits, or the next one. This is async-signal-safe: it is one trap into the kernel.
    pub(crate) fn post(&self) {
        // SAFETY: as above.
        unsafe { semaphore_signal(self.0.load(Ordering::Relaxed)) };
    }
}
