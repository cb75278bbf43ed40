//! Systems without signals, such as WASI: hooks run at an exit and at a panic.
//!
//! There may be no threads. Then no runner starts, and the thread that ends the process runs the hooks.

mod ends;
mod signals;
mod waits;

pub(crate) use ends::{
    call_on_exit, die_by, exit, exit_again, exit_now, exit_process, is_alone, on_exit, park, write_line, write_stderr,
};
pub(crate) use signals::{Delivery, ON_RUNNER, deliver_here, install, is_shared, is_shared as is_foreign};
pub(crate) use waits::{
    Caught, INTERVAL, cached_thread_id, caught, is_main_thread, monotonic, spawn, thread_id, thread_token, wait, wake,
};
