//! What the test suites of peers assert, and no other test here: see `PEERS.md`.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn two_listeners_of_one_signal_are_both_called_and_either_stays_without_the_other() {
    let mut child = Child::ready("two-listeners");
    for _ in 0..3 {
        child.signal(Signal::USR1);
        let called = [child.expect_value(""), child.expect_value("")];
        assert!(called.contains(&"first SIGUSR1".to_owned()) && called.contains(&"second SIGUSR1".to_owned()));
    }
    child.send("drop");
    child.expect("dropped");
    for _ in 0..3 {
        child.signal(Signal::USR1);
        assert_eq!(child.expect_value(""), "second SIGUSR1");
    }
    child.send("exit");
    let outcome = child.finish();
    outcome.must_end(Ended::Code(3));
    outcome.must_say_once("A exit");
}

#[test]
fn signals_that_end_no_process_by_default_can_be_listened_to() {
    let mut child = Child::ready("listens WINCH CONT CHLD URG");
    for _ in 0..2 {
        for signal in [Signal::WINCH, Signal::CONT, Signal::CHLD, Signal::URG] {
            child.signal(signal);
            child.expect(&format!("on {signal}"));
        }
    }
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    outcome.must_say_once("A SIGTERM");
}

#[test]
fn g9_a_program_that_waits_for_blocked_signals_gets_them_and_the_hooks_run_at_its_exit() {
    let mut child = Child::ready("sigwait");
    child.signal(Signal::TERM);
    child.send("wait");
    child.finish().must_be(Ended::Code(3), &["waited for 15", "A exit"]);
}

#[test]
fn a_thread_that_waits_when_the_termination_was_requested_is_notified_at_once() {
    let child = Child::ready("waits-late");
    child.signal(Signal::INT);
    let all = ["SIGINT", "true SIGINT", "true true", "A SIGINT"];
    child.finish().must_be(Ended::by(Signal::INT), &all);
}

#[test]
fn g9_an_action_that_the_program_sets_after_us_stands() {
    let mut child = Child::ready("sets-action-later ignore");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    child.send("exit");
    child.finish().must_be(Ended::Code(3), &["A exit"]);
    let child = Child::ready("sets-action-later default");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &[]);
}
