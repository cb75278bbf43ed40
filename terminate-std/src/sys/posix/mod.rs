//! Systems of which no more is used than POSIX has: waiting by semaphores, exit by `atexit`, forks by `pthread_atfork`.
//!
//! What differs between these systems is in the file of each, which is `system` here. Linux has a folder of its own; `--cfg
//! terminate_posix` has it use this one, so that all tests can run on it.

mod process_token;
#[cfg(not(target_vendor = "apple"))]
mod semaphore;
mod signals;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod threads;
mod wait;

cfg_if::cfg_if! {
    if #[cfg(target_vendor = "apple")] {
        mod apple;
        use apple as system;
    } else if #[cfg(any(target_os = "linux", target_os = "android"))] {
        mod linux;
        use linux as system;
    } else {
        mod bsd;
        use bsd as system;
    }
}

pub(crate) use process_token::{STACK, borrows_memory, name_process, pid, process_token, spare_stack};
pub(crate) use signals::{interrupt, send_to_self, take_pending};
pub(crate) use system::{
    ABORT_UNBLOCKS, Caught, IGNORED, INTERVAL, MASK_BYTES, SI_QUEUE, SI_THREAD, SI_USER, STAY_LOADED, caught,
    interrupted_mask, is_main_thread, is_program, is_raised, is_sent, least_alternate_stack, put_on_quick_exit,
    thread_id,
};
pub(crate) use wait::{wait, wake};

/// As [`thread_id`].
pub(crate) fn cached_thread_id() -> i32 {
    thread_id()
}

/// Tells this thread from the others of its process, without a system call. A forked child's thread has its parent's.
pub(crate) fn thread_token() -> usize {
    // Each thread has an `errno` of its own, and a handler may use it.
    system::errno_location() as usize
}
