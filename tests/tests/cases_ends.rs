//! A second end that begins while hooks run: no hook is cut, none is lost, and the first cause decides.

use terminate_tests::{Child, Ended, Outcome, Signal, kernel};

/// Ends that a program can begin by itself, other than by `exit`. No hook requests SIGUSR1.
const ENDS: [&str; 4] = ["signal TERM", "signal INT", "signal USR1", "terminate 9"];

/// Begins the second end while hook B runs, and lets the hook return when every thread waits.
#[track_caller]
fn second_end(first: &str, second: &str) -> Outcome {
    let mut child = Child::ready(&format!("case-second-end {first} -- {second}"));
    if ["", "idle"].contains(&first) {
        child.signal(Signal::TERM);
    }
    child.expect("second end");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish()
}

const AFTER_SIGTERM: [&str; 4] = ["B begins, signal 15", "second end", "B ends", "A signal 15"];

#[test]
fn an_end_begun_by_main_during_signal_hooks_waits_for_them() {
    for second in ENDS {
        second_end("", second).must_be(Ended::by(Signal::TERM), &AFTER_SIGTERM);
    }
}

#[test]
fn an_end_begun_by_a_thread_during_signal_hooks_waits_for_them() {
    for second in ENDS {
        second_end("idle", second).must_be(Ended::by(Signal::TERM), &AFTER_SIGTERM);
    }
}

#[test]
fn an_end_begun_by_a_thread_during_an_exit_keeps_the_code() {
    for (first, code) in [("exit 3", 3), ("return", 0), ("c-exit 3", 3), ("terminate 3", 3)] {
        for second in ENDS {
            let all = ["B begins, exit", "second end", "B ends", "A exit"];
            second_end(first, second).must_be(Ended::Code(code), &all);
        }
    }
}

#[test]
fn a_hook_that_begins_an_end_at_sigterm_lets_the_others_run() {
    for second in ENDS {
        let child = Child::ready(&format!("case-hook-ends idle -- {second}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["C signal 15", "B signal 15", "A signal 15"]);
    }
}

#[test]
fn a_hook_that_begins_an_end_at_exit_lets_the_others_run() {
    for (first, code) in [("exit 3", 3), ("return", 0)] {
        for second in ENDS {
            let outcome = Child::start(&format!("case-hook-ends {first} -- {second}")).finish();
            outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
        }
    }
}

#[test]
fn a_ctrlc_closure_that_ends_by_sigint_waits_for_sigterm_hooks() {
    let mut child = Child::ready("case-ctrlc");
    child.signal(Signal::TERM);
    child.expect("B begins, signal 15");
    child.signal(Signal::INT);
    child.expect("ctrlc's closure");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let all = ["B begins, signal 15", "ctrlc's closure", "B ends", "A signal 15"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

// The work is done in any case. What must not happen is a panic of the library, or an end that looks like success.
#[test]
fn g8_an_end_by_an_invalid_signal_is_a_failure_without_a_panic() {
    for number in [-129, -128, -1, 0, 65, 128, 256, i32::MAX - 127, i32::MAX] {
        let outcome = Child::start(&format!("case-no-signal {number}")).finish();
        outcome.must_say_once("work");
        assert!(!outcome.stderr.contains("panicked"), "{outcome:#?}");
        assert_ne!(outcome.ended, Ended::Code(0), "{outcome:#?}");
    }
}
