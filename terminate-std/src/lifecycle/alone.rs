//! An exit that has ended every other thread: `ExitProcess` of Windows, which Rust's `process::exit` is there.
//!
//! What the other threads had to do is left to this one. The runner is lost, whatever it did; calls of guards and holds are over. The
//! hooks that are left run here, and no thread supervises them: one that waits for another thread, or for a lock that an ended thread
//! had, waits for ever, or has the system end the process.

use super::process::Process;
use super::runner::Runner;
use super::state::{End, Event};
use super::{calls, outcome};
use crate::sys;
use crate::types::signal::Signal;

/// Runs the hooks that are left. Returns if the exit goes on.
pub(crate) fn finish(process: &'static Process, end: End) {
    calls::abandon_all(process);
    process.note_requested(process.interest(Signal::from_raw(0), false).all);
    if process.advance(Event::Request(end, 0)).is_ok() {
        process.set_requester(sys::thread_token());
    }
    if let Ok(state) = process.advance(Event::Lose(process.state().epoch())) {
        process.lose_current();
        // Another handler's thread has been ended too.
        let _ = process.takes_previous();
        let _ = Runner::new(process, state.epoch()).finish(None);
    }
    let state = process.state();
    if state.end().is_ended_by_runner() && !outcome::is_left_to_requester(process, state, true) {
        outcome::end_at_once(state);
    }
}
