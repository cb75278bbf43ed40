//! Linux: waiting by futex, exit by `on_exit` or `atexit`, a page that distinguishes processes, `/proc` for looking at threads.

mod exit_guard;
mod futex;
mod on_exit;
mod process_token;

pub(crate) use exit_guard::{Caught, INTERVAL, caught};
pub(crate) use futex::{cached_thread_id, is_main_thread, thread_id, thread_token, wait, wake};
pub(crate) use on_exit::{after_fork, call_on_exit, on_exit};
pub(crate) use process_token::{STACK, borrows_memory, name_process, pid, process_token, spare_stack};
