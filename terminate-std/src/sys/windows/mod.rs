//! Windows: console events, signals of the C runtime, unhandled exceptions, `exit` and `ExitProcess`.
//!
//! Nothing interrupts a thread here, its own exceptions aside. A console event comes on a thread that the system makes for it, and
//! `raise` calls a function. There are no masks, and no forks.

mod clock;
mod console;
mod crt;
mod delivery;
mod exit;
mod fault;
mod install;
mod raise;
mod threads;
mod write;

pub(crate) use clock::monotonic;
pub(crate) use console::ON_RUNNER;
pub(crate) use delivery::Delivery;
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) use exit::{at_exit, at_start};
pub(crate) use exit::{call_on_exit, die_by, exit, exit_again, exit_now, exit_process, is_main_thread, on_exit};
pub(crate) use install::{deliver_here, install, is_shared, is_shared as is_foreign};
pub(crate) use threads::{
    Caught, INTERVAL, cached_thread_id, caught, is_alone, park, spawn, thread_id, thread_token, wait, wake,
};
pub(crate) use write::{write_line, write_stderr};
