//! What the kernel shows of a process: to wait until it sleeps, or until no signal is on its way to it.

use std::time::Instant;
use std::{fs, thread};

use crate::child::limit;

/// The value of one field of a `status` file below `/proc`, as written there.
#[must_use]
pub fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

/// The same field of each thread of a process, main first, then the oldest: a thread's name and the value.
#[must_use]
pub fn of_threads(pid: i32, name: &str) -> Vec<(String, String)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut ids: Vec<i32> = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok()).collect();
    // Numbers rise until they wrap: then a younger thread has a lower one than main.
    ids.sort_unstable_by_key(|id| (*id < pid, *id));
    let status = |id| fs::read_to_string(format!("/proc/{pid}/task/{id}/status")).ok();
    ids.into_iter().filter_map(status).map(|status| (field(&status, "Name"), field(&status, name))).collect()
}

/// Whether a signal is on its way to the process.
#[must_use]
pub fn signal_pending(pid: i32) -> bool {
    let shared = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let none = |set: &str| set.chars().all(|digit| digit == '0');
    !none(&field(&shared, "ShdPnd")) || of_threads(pid, "SigPnd").iter().any(|(_, set)| !none(set))
}

/// Waits until no signal is on its way to the process.
///
/// # Panics
///
/// At the deadline.
pub fn until_delivered(pid: i32) {
    until("every signal is delivered", || !signal_pending(pid));
}

/// Waits until the main thread of the process sleeps in a system call.
///
/// # Panics
///
/// At the deadline.
pub fn until_asleep(pid: i32) {
    until("the main thread sleeps", || {
        let status = fs::read_to_string(format!("/proc/{pid}/task/{pid}/status")).unwrap_or_default();
        field(&status, "State").starts_with('S')
    });
}

/// Waits until the process has one thread, which sleeps in a system call.
///
/// # Panics
///
/// At the deadline.
pub fn until_alone(pid: i32) {
    until("main is alone, and sleeps", || {
        let states = of_threads(pid, "State");
        states.len() == 1 && states.iter().all(|(_, state)| state.starts_with('S'))
    });
}

/// Waits until every thread of the process sleeps in a system call, or it has ended.
///
/// # Panics
///
/// At the deadline.
pub fn until_all_asleep(pid: i32) {
    let at_rest = |state: &str| state.starts_with(['S', 'Z', 'X']);
    until("all threads sleep", || of_threads(pid, "State").iter().all(|(_, state)| at_rest(state)));
}

/// Waits until it is so, and looks again and again.
///
/// # Panics
///
/// At the deadline.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let (start, limit) = (Instant::now(), limit());
    while !is_so() {
        assert!(start.elapsed() < limit, "waited in vain until {what}");
        thread::yield_now();
    }
}
