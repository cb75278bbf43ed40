//! Guards whose function is under way, begun by the end of its scope, when something ends the process: the process does
//! not end before the function has returned, and ends as it would have.

use terminate_tests::{Child, Ended, Signal, kernel};

/// A signal comes in the middle of the only hook that requests it.
#[track_caller]
fn alone(kind: &str, status: &str, ended: Ended) {
    let mut child = Child::start(&format!("guard-alone {kind} {status}"));
    child.expect("guard begins, exit");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(ended);
    outcome.must_say_once("guard ends");
}

#[test]
fn a_guard_that_is_the_only_hook_is_not_cut_short_by_the_signal_that_it_requests() {
    for kind in ["ordinary", "safe"] {
        alone(kind, "signal", Ended::by(Signal::TERM));
    }
}

#[test]
fn a_guard_that_is_under_way_has_its_say_on_how_the_process_ends() {
    alone("ordinary", "9", Ended::Code(9));
}

#[test]
fn a_guard_that_was_under_way_when_the_signal_came_has_its_say_too() {
    alone("ordinary", "9 grace", Ended::Code(9));
}

#[test]
fn a_guard_may_end_the_process_by_a_signal() {
    for end in ["idle", "exit 3"] {
        let mut child = Child::start(&format!("guard-ends signal TERM -- {end}"));
        child.expect("guard begins, exit");
        if end != "idle" {
            child.expect("a thread is in exit");
            kernel::until_all_asleep(child.pid());
        }
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(if end == "idle" { Ended::by(Signal::TERM) } else { Ended::Code(3) });
        assert_eq!(outcome.count("A exit") + outcome.count("A SIGTERM"), 1, "{outcome:#?}");
    }
}

#[test]
fn a_guard_may_exit_while_another_thread_is_in_exit() {
    for end in ["exit 4", "c-exit 4", "terminate 4"] {
        let mut child = Child::start(&format!("guard-ends {end} -- exit 3"));
        child.expect("a thread is in exit");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::Code(3));
        outcome.must_say_once("A exit");
    }
}

#[test]
fn of_signals_in_the_middle_of_a_guard_none_is_forgotten_for_another() {
    for signals in [[Signal::TERM, Signal::INT], [Signal::INT, Signal::TERM]] {
        let mut child = Child::start("guard-of-two-signals");
        child.expect("guard begins, exit");
        for signal in signals {
            child.signal(signal);
            kernel::until_delivered(child.pid());
        }
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::TERM));
        outcome.must_say_once("A SIGTERM");
    }
}

#[test]
fn a_guard_whose_memory_cannot_be_freed_is_not_waited_for() {
    let mut child = Child::start("trap-guard-in-alloc");
    child.expect("A SIGTERM");
    kernel::until_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    outcome.must_say_once("guard ends");
}
