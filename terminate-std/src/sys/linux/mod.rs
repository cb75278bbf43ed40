//! Linux: signals by `sigaction`, waiting by futex, exit by `on_exit` or `atexit`.

mod arrival;
mod disposition;
mod end;
mod exit;
mod handler;
pub(crate) mod signals;
mod thread;
mod watcher;

pub(crate) use arrival::{arrival, monotonic};
pub(crate) use disposition::handle;
pub(crate) use end::{die_by, exit_now, message, redeliver};
pub(crate) use exit::handle_exit;
pub(crate) use signals::can_be_handled;
pub(crate) use thread::{is_main_thread, pid, sleep_for_ever, tid, wait, wake_all};
pub(crate) use watcher::{forget_watcher, start_watcher};
