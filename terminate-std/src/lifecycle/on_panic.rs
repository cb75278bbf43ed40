//! Panics: which of them end the process, and the panic hook that finds out.
//!
//! A panic that unwinds may be caught, or end a thread. So the panic hook only notes that the main thread panicked. The exit
//! handler believes that if the status is 101: the runtime ends a program with it when main has panicked.
//!
//! Where a panic aborts, the panic hook is our last code. So the thread requests the end there, after the previous panic hook,
//! and waits. A panic aborts
//!
//! - in programs built with `panic = "abort"`,
//! - inside a destructor during another panic,
//! - if it would unwind through `extern "C"`,
//! - in a second `process::exit` on one thread.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::thread;

use super::hook_cell::current_label;
use super::process::Process;
use super::request::request_and_wait;
use super::runner::Runner;
use super::state::End;
use super::{calls, fork, outcome};
use crate::sys;
use crate::types::atomic::Ordering;

static INSTALLED: Once = Once::new();

/// Puts our panic hook in front of the one that stands, once.
pub(crate) fn install() {
    // A thread that is panicking may not change the hook: a later registration will.
    if INSTALLED.is_completed() || thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            previous(info);
            on_panic(info);
        }));
    });
}

fn on_panic(info: &PanicHookInfo<'_>) {
    let Some(process) = fork::own().filter(|process| !process.is_over(sys::thread_token())) else { return };
    if aborts(info) {
        on_aborting_panic(process);
    } else if process.settings().any_panic_ends {
        // A panic of a hook, or of a guard's function, is reported where that is called.
        if Runner::here(process).is_none() && !calls::is_in_guard(process, sys::thread_token()) {
            request_and_wait(process, End::Panic);
            outcome::exit_in_time(process, outcome::PANIC_STATUS);
        }
    } else if sys::is_main_thread() {
        process.main_panicked.store(true, Ordering::Relaxed);
    }
}

/// The process aborts when this returns.
fn on_aborting_panic(process: &'static Process) {
    if Runner::here(process).is_some()
        && process.state().is_ending()
        && let Some(label) = current_label(process)
    {
        label.report("panicked");
    }
    process.panic_aborts.store(true, Ordering::Relaxed);
    request_and_wait(process, End::Panic);
}

/// Whether the process aborts when the panic hook returns.
fn aborts(info: &PanicHookInfo<'_>) -> bool {
    // `PanicHookInfo::can_unwind` is not stable, but the derived `Debug` shows it. A test has a panic of that kind.
    cfg!(panic = "abort") || format!("{info:?}").contains("can_unwind: false")
}
