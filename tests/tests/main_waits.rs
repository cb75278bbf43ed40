//! Main in `wait`: the hooks run on the runner, whatever comes to main meanwhile.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn a_waker_that_blocks_delays_the_hooks_only_a_little_and_main_runs_none() {
    let child = Child::ready("at-once main-waits-blocked-waker");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM, on main: false"]);
}

#[test]
fn while_main_waits_the_hooks_run_on_the_runner() {
    for _ in 0..40 {
        let child = Child::ready("main-waits 0");
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::TERM));
        outcome.must_say_once("A SIGTERM, on main: false");
        assert_eq!(outcome.count("A SIGTERM, on main: true"), 0, "{outcome:#?}");
    }
}

#[test]
fn with_a_grace_main_is_notified_and_the_hooks_run_on_the_runner() {
    // Main hangs: the grace is over some time.
    let child = Child::ready("main-waits 50");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["notified SIGTERM", "A SIGTERM, on main: false"]);

    let mut child = Child::ready("main-waits 3600000");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.expect("notified SIGTERM");
    child.send("return");
    child.finish().must_be(Ended::by(Signal::TERM), &["notified SIGTERM", "A SIGTERM, on main: false"]);
}

#[test]
fn an_interrupt_while_main_waits_runs_its_hooks_and_main_waits_on() {
    let mut child = Child::ready("main-waits-interrupted");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::INT);
    child.expect("I SIGINT, on main: false");
    child.signal(Signal::TERM);
    child.finish().must_end(Ended::by(Signal::TERM));
}

#[test]
fn a_hook_that_aborts_in_another_threads_exit_lets_handler_safe_hooks_run() {
    let mut child = Child::ready("main-waits-exit exit 3");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish().must_be(Ended::by(Signal::ABRT), &["B aborts", "S exit"]);
}

#[test]
fn g1_g7_an_abort_that_is_sent_while_main_waits_runs_all_hooks_and_ends_by_the_first_signal() {
    for end in [Signal::ABRT, Signal::TERM] {
        let mut child = Child::ready("main-waits-abort");
        kernel::until_all_asleep(child.pid());
        child.signal(end);
        child.expect("B begins");
        // Another one does not cut them off.
        child.signal(Signal::ABRT);
        child.send("go");
        let a = format!("A {end}, on main: false");
        child.finish().must_be(Ended::by(end), &["B begins", "B goes on", &a]);
    }
}

#[test]
fn g1_g7_a_fault_or_an_abort_that_is_sent_while_hooks_run_does_not_cut_them_off() {
    for sent in [Signal::SEGV, Signal::FPE, Signal::ABRT] {
        let mut child = Child::ready(&format!("at-once main-waits-sent {}", sent.as_raw()));
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::TERM);
        child.expect("B begins");
        child.signal(sent);
        kernel::until_delivered(child.pid());
        child.send("go");
        let all = ["B begins", "B goes on", "S SIGTERM", "A SIGTERM"];
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn g1_when_a_handler_of_the_programs_own_aborts_on_main_that_waits_all_hooks_run() {
    let child = Child::ready("main-waits-handler aborts");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::ABRT), &["S SIGABRT", "A SIGABRT"]);
}

#[test]
fn when_a_handler_of_the_programs_own_waits_for_the_end_on_main_that_waits_it_comes() {
    let child = Child::ready("at-once main-waits-handler waits");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::TERM), &["S SIGTERM", "A SIGTERM"]);
}

#[test]
fn g1_main_that_waits_in_a_guards_function_is_not_waited_for_by_itself() {
    let child = Child::ready("at-once main-waits-in-guard");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["A SIGTERM, on main: false"]);
}

#[test]
fn g8_a_hook_that_aborts_in_another_threads_exit_ends_the_process_by_that_though_main_returns() {
    for _ in 0..10 {
        let mut child = Child::start("main-waits-and-returns");
        child.expect("previous 6");
        // Or it has ended.
        kernel::until_all_asleep(child.pid());
        child.send("go");
        child.finish().must_be(Ended::by(Signal::ABRT), &["B exit", "previous 6"]);
    }
}

#[test]
fn g9_a_previous_handler_that_aborts_while_main_waits_is_called_once() {
    let child = Child::ready("main-waits-previous");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::ABRT), &["A SIGTERM, on main: false", "previous 15"]);
}

// The signal is let in for the handler that stood before, and stayed so.
#[test]
fn g9_the_runners_mask_is_its_own_when_the_previous_handler_has_returned() {
    let child = Child::ready("main-waits-mask");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let all = ["A SIGTERM, on main: false", "previous 15", "SIGTERM blocked: true"];
    child.finish().must_be(Ended::Code(9), &all);
}
