//! Linux: signals by `sigaction`, waiting by futex, exit by `on_exit` or `atexit`.

mod arrival;
mod disposition;
mod end;
mod exit;
mod handler;
mod mask;
pub(crate) mod needs;
mod process;
pub(crate) mod signals;
mod stack;
pub(crate) mod stuck;
mod thread;
mod watcher;

pub(crate) use arrival::{arrival, forget_arrival, monotonic};
pub(crate) use disposition::handle;
pub(crate) use end::{die_by, exit, exit_now, message, redeliver, redeliver_and_keep, send_again, send_to_this_thread};
pub(crate) use exit::{after_fork, handle_exit};
pub(crate) use process::{borrows_memory, name_process, process};
pub(crate) use signals::can_be_handled;
pub(crate) use stack::{keep_alternate_stack, outlasts_exit};
pub(crate) use thread::{is_main_thread, pid, sleep_for_ever, this_thread, tid, wait, wake_all};
pub(crate) use watcher::{
    is_started as is_watcher_started, is_watcher, spawn_undisturbed, start_watcher, succeed_watcher,
};

/// Begins anew, in a forked child: its one thread is not the watcher, and no signal has arrived.
pub(crate) fn begin_anew(process: i32) {
    watcher::begin_anew(process);
    arrival::begin_anew(process);
}
