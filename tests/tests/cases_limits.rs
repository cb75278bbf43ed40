//! Time limits: the grace, the deadline, and the time in which the process was stopped.

use std::thread;
use std::time::Duration;

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn hooks_run_after_the_grace_though_a_waker_blocks() {
    for limits in ["200", "200 60000"] {
        let child = Child::ready(&format!("case-waker-blocks {limits}"));
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_be(Ended::by(Signal::TERM), &["waker blocks", "A SIGTERM"]);
    }
}

#[test]
fn the_deadline_ends_a_hook_that_waits_for_a_locked_allocator() {
    let mut child = Child::ready("case-abort-in-alloc 300");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::ABRT), &["A SIGABRT"]);
    outcome.must_complain("\"allocates\"");
}

/// The second of three hooks hangs until the deadline.
#[track_caller]
fn hung(end: &str, cause: &str, ended: Ended) {
    let child = Child::ready(&format!("case-hung 300 {end}"));
    if end == "idle" {
        child.signal(Signal::TERM);
    }
    let outcome = child.finish();
    let all = [format!("C {cause}"), format!("flush begins, {cause}"), format!("lock file removed, {cause}")];
    outcome.must_be(ended, &all.each_ref().map(String::as_str));
    outcome.must_complain("\"flush over the network\"");
}

#[test]
fn g13_after_a_signal_hooks_run_though_one_hangs_until_the_deadline() {
    hung("idle", "SIGTERM", Ended::by(Signal::TERM));
}

#[test]
fn g13_at_an_exit_hooks_run_though_one_hangs_until_the_deadline() {
    for (end, code) in [("exit 3", 3), ("return", 0), ("c-exit 3", 3), ("thread-exit 3", 3)] {
        hung(end, "exit", Ended::Code(code));
    }
}

#[test]
fn g13_at_a_panic_hooks_run_though_one_hangs_until_the_deadline() {
    hung("panic", "panic", Ended::Code(101));
}

/// The time limit of a process that is stopped, in milliseconds, and the time for which it is stopped.
const LIMIT: u32 = 2500;
const STOP: Duration = Duration::from_secs(3);
/// How long a limit that has passed would take to show.
const MOMENT: Duration = Duration::from_millis(300);

/// Stops the process for longer than its limit. The sleeps are the time under test, not a way to be in step.
fn stop_for_longer_than_the_limit(child: &Child) {
    // Then the thread that watches the limit watches it.
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::STOP);
    kernel::until("all threads are stopped", || {
        kernel::of_threads(child.pid(), "State").iter().all(|(_, state)| state.starts_with('T'))
    });
    thread::sleep(STOP);
    child.signal(Signal::CONT);
    thread::sleep(MOMENT);
}

#[test]
fn the_deadline_does_not_count_time_in_which_the_process_was_stopped() {
    let mut child = Child::ready(&format!("deadline {LIMIT} waits idle"));
    child.signal(Signal::TERM);
    child.expect("B SIGTERM");
    stop_for_longer_than_the_limit(&child);
    child.send("go");
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "B returns", "A SIGTERM"]);
    assert_eq!(outcome.stderr, "", "{outcome:#?}");
}

#[test]
fn the_grace_does_not_count_time_in_which_the_process_was_stopped() {
    let mut child = Child::ready(&format!("case-grace {LIMIT}"));
    child.signal(Signal::TERM);
    child.expect("main notified of SIGTERM");
    stop_for_longer_than_the_limit(&child);
    child.send("go");
    let all = ["main notified of SIGTERM", "main returns", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

// The runner needs the lock that main keeps in `process::exit`.
#[test]
fn the_deadline_names_a_printing_hook_while_main_exits_with_stdout_locked() {
    let outcome = Child::start("case-stdout-locked 300").finish();
    outcome.must_be(Ended::Code(3), &["B exit", "A exit"]);
    outcome.must_complain("\"prints\"");
}
