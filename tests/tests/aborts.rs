//! Threads that abort at the same time, or while another one registers.

use terminate_tests::{Child, Ended, Signal, kernel};

#[track_caller]
fn two_abort_at_once(how: &str, ended: Ended) {
    for kind in ["ordinary", "safe"] {
        let mut child = Child::ready(&format!("aborts-at-once {kind} {how}"));
        child.expect("A signal 6");
        kernel::until_all_asleep(child.pid());
        child.send("hook");
        child.expect("previous 6");
        // By now the other one has found out that the hooks have run.
        kernel::until_all_asleep(child.pid());
        child.send("handler");
        child.finish().must_be(ended, &["A signal 6", "previous 6"]);
    }
}

#[test]
fn of_two_threads_that_abort_one_calls_the_previous_handler_and_the_other_waits_for_it() {
    two_abort_at_once("returns", Ended::by(Signal::ABRT));
}

#[test]
fn of_two_threads_that_abort_one_ends_the_process_as_the_previous_handler_says() {
    two_abort_at_once("exits", Ended::Code(67));
}

#[test]
fn a_previous_handler_that_aborts_is_not_called_once_more() {
    two_abort_at_once("aborts", Ended::by(Signal::ABRT));
}

#[test]
fn a_hook_that_is_registered_when_one_in_a_handler_has_aborted_is_refused() {
    for (when, rest) in [
        ("hook", ["A signal 15", "registered: false", "previous 6"]),
        ("previous", ["A signal 15", "previous 6", "registered: false"]),
    ] {
        let child = Child::ready(&format!("abort-in-handler {when}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::ABRT), &[&["B signal 15"], &rest[..]].concat());
    }
}

fn abort_in_an_exit_handler(kind: &str, end: &str, ended: Ended) {
    let child = Child::ready(&format!("abort-in-an-exit-handler {kind} {end}"));
    let cause = if end == "signal" {
        child.signal(Signal::TERM);
        "A signal 15"
    } else {
        "A exit"
    };
    child.finish().must_be(ended, &[cause, "exit handler"]);
}

#[test]
fn g8_an_exit_handler_that_aborts_after_the_hooks_ends_the_process_by_it() {
    for (kind, end) in [("handler", "return"), ("handler", "signal"), ("thread", "return")] {
        abort_in_an_exit_handler(kind, end, Ended::by(Signal::ABRT));
    }
}

/// It waits, until the time of the exit handlers is over.
#[test]
fn g8_a_thread_that_aborts_after_the_hooks_of_a_signal_does_not_change_the_exit_code() {
    abort_in_an_exit_handler("thread", "signal", Ended::Code(3));
}
