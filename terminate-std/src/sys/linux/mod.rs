//! Linux: waiting by futex, exit by `on_exit` or `atexit`, a page that distinguishes processes, `/proc` for looking at threads.

mod exit_guard;
mod futex;
mod loader;
mod process_token;
mod signals;

pub(crate) use exit_guard::{Caught, INTERVAL, caught};
pub(crate) use futex::{cached_thread_id, is_main_thread, thread_id, thread_token, wait, wake};
pub(crate) use loader::{STAY_LOADED, is_program};
pub(crate) use process_token::{STACK, borrows_memory, name_process, pid, process_token, spare_stack};
pub(crate) use signals::{
    ABORT_UNBLOCKS, IGNORED, MASK_BYTES, SI_QUEUE, SI_THREAD, SI_USER, interrupt, interrupted_mask, is_raised, is_sent,
    least_alternate_stack, put_on_quick_exit, send_to_self, take_pending,
};
