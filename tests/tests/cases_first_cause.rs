//! A second cause while hooks run: no hook is cut, none is lost, and the first cause decides.

use terminate_tests::{Child, Ended, Outcome, Signal, kernel};

/// How a program can terminate itself, other than by `exit`. No hook requests SIGUSR1.
const CAUSES: [&str; 4] = ["signal TERM", "signal INT", "signal USR1", "terminate 9"];

/// Terminates the process once more while hook B runs, and lets the hook return when every thread waits.
#[track_caller]
fn second_cause(first: &str, second: &str) -> Outcome {
    let mut child = Child::ready(&format!("case-second-cause {first} -- {second}"));
    if ["", "idle"].contains(&first) {
        child.signal(Signal::TERM);
    }
    child.expect("second cause");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish()
}

const AFTER_SIGTERM: [&str; 4] = ["B begins, SIGTERM", "second cause", "B ends", "A SIGTERM"];

#[test]
fn a_second_cause_on_main_waits_for_the_hooks_of_a_signal() {
    for second in CAUSES {
        second_cause("", second).must_be(Ended::by(Signal::TERM), &AFTER_SIGTERM);
    }
}

#[test]
fn a_second_cause_on_a_thread_waits_for_the_hooks_of_a_signal() {
    for second in CAUSES {
        second_cause("idle", second).must_be(Ended::by(Signal::TERM), &AFTER_SIGTERM);
    }
}

#[test]
fn a_second_cause_on_a_thread_leaves_the_code_of_an_exit() {
    for (first, code) in [("exit 3", 3), ("return", 0), ("c-exit 3", 3), ("terminate 3", 3)] {
        for second in CAUSES {
            let all = ["B begins, exit", "second cause", "B ends", "A exit"];
            second_cause(first, second).must_be(Ended::Code(code), &all);
        }
    }
}

#[test]
fn a_second_cause_in_a_hook_of_sigterm_lets_the_others_run() {
    for second in CAUSES {
        let child = Child::ready(&format!("case-cause-in-hook idle -- {second}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn a_second_cause_in_a_hook_of_an_exit_lets_the_others_run() {
    for (first, code) in [("exit 3", 3), ("return", 0)] {
        for second in CAUSES {
            let outcome = Child::start(&format!("case-cause-in-hook {first} -- {second}")).finish();
            outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
        }
    }
}

#[test]
fn a_ctrlc_closure_that_ends_by_sigint_waits_for_sigterm_hooks() {
    let mut child = Child::ready("case-ctrlc");
    child.signal(Signal::TERM);
    child.expect("B begins, SIGTERM");
    child.signal(Signal::INT);
    child.expect("ctrlc's closure");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let all = ["B begins, SIGTERM", "ctrlc's closure", "B ends", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

// The work is done in any case. What must not happen is a panic of the library, or the exit code of a success.
#[test]
fn g8_exit_with_an_invalid_signal_is_a_failure_without_a_panic() {
    for number in [-129, -128, -1, 0, 65, 128, 256, i32::MAX - 127, i32::MAX] {
        let outcome = Child::start(&format!("case-no-signal {number}")).finish();
        outcome.must_say_once("work");
        assert!(!outcome.stderr.contains("panicked"), "{outcome:#?}");
        assert_ne!(outcome.ended, Ended::Code(0), "{outcome:#?}");
    }
}
