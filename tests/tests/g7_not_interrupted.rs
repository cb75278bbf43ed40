//! G7: signals that come while hooks run neither interrupt nor restart them, unless the program says after how many.

use terminate_tests::{Child, Ended, Fixture, Signal, disturb_a_slow_hook, kernel, os};

#[test]
fn g7_a_hundred_signals_during_a_hook_change_nothing() {
    let queued = Signal::real_time(1).unwrap();
    disturb_a_slow_hook(|child| {
        for round in 0..100 {
            // Only real-time signals queue up.
            child.signal(if round % 2 == 0 { queued } else { [Signal::INT, Signal::TERM, Signal::HUP][round % 3] });
        }
    });
}

#[test]
fn g7_a_hundred_signals_during_an_exit_change_nothing() {
    let mut child = Child::ready("slow 0 exit 7");
    child.expect("slow begins, exit");
    let queued = Signal::real_time(1).unwrap();
    for _ in 0..100 {
        child.signal(queued);
    }
    child.send("go");
    let all = ["C exit", "slow begins, exit", "slow ends", "B exit", "A exit"];
    child.finish().must_be(Ended::Code(7), &all);
}

#[test]
fn g7_the_nth_signal_forces_the_end_if_the_program_says_so() {
    for n in [1, 2, 3] {
        let mut child = Child::ready(&format!("slow {n} idle"));
        child.signal(Signal::INT);
        child.expect("slow begins, SIGINT");
        for _ in 1..n {
            child.signal(Signal::TERM);
            kernel::until_delivered(child.pid());
            child.send("ping");
            child.expect("pong");
        }
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::TERM));
        assert_eq!((outcome.count("pong"), outcome.count("slow ends")), (n - 1, 0), "{outcome:#?}");
    }
}

#[test]
fn g7_the_nth_signal_forces_the_end_of_an_exit_too() {
    let mut child = Child::ready("slow 2 return");
    child.expect("slow begins, exit");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    child.send("ping");
    child.expect("pong");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["C exit", "slow begins, exit", "pong"]);
}

#[test]
fn g7_fewer_signals_than_force_the_end_do_not() {
    let mut child = Child::ready("slow 2 idle");
    child.signal(Signal::TERM);
    child.expect("slow begins, SIGTERM");
    child.signal(Signal::TERM);
    child.send("go");
    let all = ["C SIGTERM", "slow begins, SIGTERM", "slow ends", "B SIGTERM", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn g7_a_signal_that_the_process_inherited_as_blocked_does_not_reach_the_hooks() {
    let mut child = Fixture::new("slow 0 exit 7").blocking(&[Signal::HUP]).start();
    child.expect("slow begins, exit");
    child.signal(Signal::INT);
    child.send("ping");
    child.expect("pong");
    child.send("go");
    child.finish().must_end(Ended::Code(7));
}

#[test]
fn g7_a_process_that_is_stopped_and_continued_during_a_hook_goes_on_with_it() {
    disturb_a_slow_hook(|child| {
        child.signal(Signal::STOP);
        os::wait_for_stop(child.pid());
        child.signal(Signal::INT);
        child.signal(Signal::CONT);
    });
}

#[test]
fn g7_a_signal_that_no_hook_requests_any_more_is_neither_counted_nor_swallowed_during_an_end() {
    let mut child = Child::ready("slow-unrequested 1 idle");
    child.signal(Signal::TERM);
    child.expect("slow begins, SIGTERM");
    child.signal(Signal::USR1);
    child.expect("previous 10");
    child.send("go");
    let all = ["C SIGTERM", "slow begins, SIGTERM", "previous 10", "slow ends", "B SIGTERM", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}
