//! What happens when a thread calls `exit`, or main returns.

use super::process::Process;
use super::request::request_and_wait;
use super::state::{End, Stage};
use super::{alone, fork, outcome};
use crate::sys;
use crate::types::atomic::Ordering;

/// For the platform: returns at once, or runs the hooks, or waits until they have run. Returns if the exit goes on.
pub(crate) fn policy(status: Option<i32>, stay: &dyn Fn()) {
    // A forked child's exit is not the end of the process that registered the hooks.
    let Some(process) = fork::own() else { return };
    let thread = sys::thread_token();
    let is_done = process.state().stage() == Stage::Done;
    if is_done && process.is_requester(thread) {
        // A signal that was sent while hooks ran, and that hit this thread, has been delivered by now.
        process.exit_goes_on.store(true, Ordering::Relaxed);
        return;
    }
    if is_done && process.runner.epoch_of(thread).is_some() {
        return;
    }
    process.exits.note(thread, status, process.runner.epoch_of(thread).is_some());
    if sys::is_alone() {
        return alone::finish(process, end_of(process, status));
    }
    if is_done && process.is_lingering.load(Ordering::Relaxed) && process.become_requester(thread) {
        return;
    }
    stay();
    request_and_wait(process, end_of(process, status));
}

/// Rust's runtime ends a program whose main panicked by `exit`, with a status of its own.
fn end_of(process: &Process, status: Option<i32>) -> End {
    let is_panic =
        process.main_panicked.load(Ordering::Relaxed) && status.is_none_or(|status| status == outcome::PANIC_STATUS);
    if is_panic { End::Panic } else { End::Exit }
}
