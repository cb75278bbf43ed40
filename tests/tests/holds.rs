//! What happens inside `hold` is not cut in two by an end.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn an_end_waits_for_a_hold_and_runs_the_hook_that_it_registered() {
    let ways = [
        ("exit 3", Ended::Code(3), "exit"),
        ("c-exit 3", Ended::Code(3), "exit"),
        ("signal USR1", Ended::by(Signal::USR1), ""),
        ("signal TERM", Ended::by(Signal::TERM), "SIGTERM"),
    ];
    for (end, ended, cause) in ways {
        let mut child = Child::ready(&format!("held {end}"));
        child.send("go");
        if cause.is_empty() {
            // No hook requests it.
            child.finish().must_be(ended, &[]);
        } else {
            child.finish().must_be(ended, &["held", &format!("B {cause}"), &format!("A {cause}")]);
        }
    }
    let child = Child::ready("held idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["held", "B SIGTERM", "A SIGTERM"]);
}

#[test]
fn a_signal_in_a_hold_waits_though_no_hook_was_registered_before() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        for (what, runs) in [("hook", true), ("exit", true), ("none", false)] {
            let mut child = Child::ready(&format!("held-first {what}"));
            child.signal(signal);
            kernel::until_delivered(child.pid());
            child.send("go");
            let outcome = child.finish();
            outcome.must_end(Ended::by(signal));
            outcome.must_say_once("held");
            assert_eq!(outcome.count(&format!("A {signal}")), usize::from(runs), "{outcome:#?}");
        }
    }
}

#[test]
fn a_hook_may_wait_for_a_thread_that_holds_the_end_up() {
    let mut child = Child::ready("held-in-hooks");
    child.send("go");
    child.finish().must_be(Ended::Code(0), &["A exit", "registered true", "in the hook", "B exit"]);
}

#[test]
fn a_thread_that_ends_the_process_inside_leaves_the_hold() {
    let ways = [
        ("exit 3", Ended::Code(3), "A exit"),
        ("signal TERM", Ended::by(Signal::TERM), "A SIGTERM"),
        ("abort", Ended::by(Signal::ABRT), "A SIGABRT"),
        ("wait", Ended::Code(4), "A exit"),
    ];
    for (how, ended, event) in ways {
        if how == "wait" {
            // After the grace. Here there is none.
            Child::start("at-once held-leaves wait").finish().must_be(ended, &[event]);
        } else {
            Child::start(&format!("held-leaves {how}")).finish().must_be(ended, &[event]);
        }
    }
}

#[test]
fn the_deadline_ends_the_wait_for_a_hold() {
    let child = Child::ready("held-for-ever");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    outcome.must_complain("terminate: a thread in `hold` did not return within");
}

#[test]
fn holds_nest_and_end_with_a_panic() {
    let child = Child::ready("held-nested");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn nothing_that_is_created_and_registered_in_a_hold_is_left_behind() {
    for _ in 0..100 {
        let child = Child::ready("held-storm");
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::Code(9), &["A SIGTERM", "left 0"]);
    }
}

#[test]
fn a_refused_hook_can_be_called() {
    let outcome = Child::start("held-refused").finish();
    assert_eq!(outcome.events, ["A exit", "true"], "{outcome:#?}");
}

#[test]
fn nothing_is_begun_in_a_hold_that_the_end_would_cut_in_two_when_the_hooks_have_run() {
    let mut child = Child::ready("held-in-exit moment");
    child.send("return");
    child.finish().must_be(Ended::Code(0), &["A exit", "ends"]);
}

#[test]
fn an_exit_handler_may_wait_for_a_thread_that_calls_hold() {
    let mut child = Child::ready("held-in-exit join");
    child.send("return");
    child.finish().must_be(Ended::Code(0), &["A exit", "held", "held", "held", "held", "held", "ends"]);
}

#[test]
fn a_hook_that_exceeds_its_own_limit_does_not_end_the_wait_for_a_hold() {
    for (what, signal) in [("end", Signal::TERM), ("interrupt", Signal::INT)] {
        let child = Child::ready(&format!("held-beside-a-limit {what}"));
        child.signal(signal);
        let expected = [format!("B {signal}"), "held".to_owned(), format!("A {signal}")];
        child.finish().must_be(Ended::by(signal), &expected.each_ref().map(String::as_str));
    }
}
