//! Linux, where it is used as a system of POSIX: what POSIX has no name for, and what only Linux needs.

use libc::c_int;

pub(crate) use super::semaphore::Semaphore;
pub(crate) use crate::sys::linux::{
    ABORT_UNBLOCKS, Caught, IGNORED, INTERVAL, MASK_BYTES, SI_QUEUE, SI_THREAD, SI_USER, STAY_LOADED, caught,
    interrupted_mask, is_main_thread, is_program, is_raised, is_sent, least_alternate_stack, put_on_quick_exit,
    thread_id,
};

pub(crate) const MAP_STACK: c_int = libc::MAP_STACK;

pub(crate) fn errno_location() -> *mut c_int {
    // SAFETY: cannot fail.
    unsafe { libc::__errno_location() }
}
