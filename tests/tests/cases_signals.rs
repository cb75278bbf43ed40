//! Signals that no hook requests any more, and signals of faults that end nothing by themselves.

use terminate_tests::{Child, Ended, Fixture, Signal, kernel};

/// Sends SIGUSR1 twice, and waits until the program's own handler has had both.
#[track_caller]
fn send_unrequested(child: &mut Child) {
    for _ in 0..2 {
        child.signal(Signal::USR1);
        child.expect("own handler 10");
    }
}

#[test]
fn a_signal_no_longer_requested_reaches_its_own_handler_within_the_grace() {
    let mut child = Child::ready("case-unrequested grace");
    child.signal(Signal::TERM);
    child.expect("main notified of SIGTERM");
    send_unrequested(&mut child);
    child.send("go");
    let own = "own handler 10";
    let all = ["main notified of SIGTERM", own, own, "main returns", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn a_signal_no_longer_requested_reaches_its_own_handler_while_hooks_run() {
    let mut child = Child::ready("case-unrequested hooks");
    child.signal(Signal::TERM);
    child.expect("B begins, SIGTERM");
    send_unrequested(&mut child);
    child.send("go");
    let own = "own handler 10";
    let all = ["B begins, SIGTERM", own, own, "B ends", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn two_stops_at_once_leave_the_handler_in_place() {
    let child = Fixture::new("case-stops 2500").in_a_group_of_its_own().start();
    child.finish().must_be(Ended::Code(0), &["survived"]);
}

#[test]
fn an_exit_after_a_fault_that_did_not_recur_runs_the_hooks() {
    for end in ["exit 3", "thread-exit 3", "c-exit 3"] {
        let outcome = Child::start(&format!("case-fault-once {end}")).finish();
        outcome.must_be(Ended::Code(3), &["A exit"]);
        outcome.must_say_once("S SIGSEGV");
    }
}

#[test]
fn a_signal_after_a_fault_that_did_not_recur_runs_the_hooks() {
    let child = Child::ready("case-fault-once idle");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    outcome.must_say_once("S SIGSEGV");
}

const FAULTS: [(&str, Signal); 6] = [
    ("SEGV", Signal::SEGV),
    ("BUS", Signal::BUS),
    ("ILL", Signal::ILL),
    ("FPE", Signal::FPE),
    ("TRAP", Signal::TRAP),
    ("SYS", Signal::SYS),
];

#[test]
fn g8_a_fault_signal_sent_by_the_process_ends_it_after_the_hooks() {
    for (name, signal) in FAULTS {
        for how in ["process", "main", "thread"] {
            let outcome = Child::start(&format!("case-sends-itself {how} {name} A:{name}:safe")).finish();
            outcome.must_be(Ended::by(signal), &[&format!("A {signal}")]);
        }
    }
}

#[test]
fn g8_a_fault_signal_that_is_sent_runs_ordinary_hooks_too() {
    for (name, signal) in FAULTS {
        let outcome = Child::start(&format!("case-sends-itself process {name} A B:{name}:safe C")).finish();
        let all = ["C", "B", "A"].map(|hook| format!("{hook} {signal}"));
        outcome.must_be(Ended::by(signal), &all.each_ref().map(String::as_str));

        let child = Child::ready(&format!("hooks A B:{name}:safe C -- idle"));
        kernel::until_all_asleep(child.pid());
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &all.each_ref().map(String::as_str));
    }
}
