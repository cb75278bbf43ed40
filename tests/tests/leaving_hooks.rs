//! Hooks that leave by `exit`, `exit_with_signal` or `terminate`: the hooks that are left run, and the first cause decides.

use terminate_tests::platform::TELLS_EXIT_STATUS;
use terminate_tests::{Child, Ended, Signal, kernel};

// Each takes the lock of `process::exit`, or waits for the hook that has it.
#[test]
fn g13_after_a_signal_three_hooks_may_exit_one_after_the_other() {
    let child = Child::ready("leaving-hooks");
    child.signal(Signal::TERM);
    let all = ["A SIGTERM", "B SIGTERM", "C SIGTERM", "D SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn g13_after_a_signal_a_hook_and_a_guard_may_exit() {
    let mut child = Child::start("leaving-guard");
    child.expect("guard exit");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    assert_eq!(outcome.events, ["guard exit", "A SIGTERM", "B SIGTERM"], "{outcome:#?}");
}

#[test]
fn g13_after_a_signal_hooks_may_exit_while_main_does() {
    let mut child = Child::ready("leaving-main");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.send("main");
    child.send("hook");
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "C SIGTERM", "B SIGTERM"]);
}

#[test]
fn a_hook_of_an_interrupt_that_ends_the_process_by_another_signal_makes_it_an_end() {
    for kind in ["ordinary", "safe"] {
        let child = Child::ready(&format!("leaving-interrupt {kind}"));
        child.signal(Signal::INT);
        child.finish().must_be(Ended::by(Signal::USR1), &["I SIGINT", "A SIGUSR1"]);
    }
}

#[test]
fn g8_a_hook_that_leaves_on_the_exiting_thread_changes_nothing() {
    for how in ["terminate", "exit-with-signal"] {
        for (end, cause, code) in [("exit 3", "exit", 3), ("return", "exit", 0), ("panic", "panic", 101)] {
            let outcome = Child::start(&format!("leaving-in-place {how} {end}")).finish();
            // The thread does not come back to the exit that has the status.
            let code = if cause == "exit" && !TELLS_EXIT_STATUS { 0 } else { code };
            outcome.must_be(Ended::Code(code), &[&format!("B {cause}"), &format!("A {cause}")]);
        }
    }
}

#[test]
fn g9_a_signal_that_one_hook_leaves_ignored_is_not_its_because_another_one_overrode_that() {
    Child::start("leaving-ignored").finish().must_be(Ended::Code(0), &["A exit"]);
}

#[test]
fn g8_a_signal_after_the_hooks_of_an_abort_changes_nothing() {
    for _ in 0..50 {
        Child::start("leaving-abort").finish().must_be(Ended::by(Signal::ABRT), &["A SIGABRT"]);
    }
}

#[test]
fn g7_a_second_signal_does_not_cut_a_previous_handler_that_was_to_be_called_once() {
    let mut child = Child::ready("at-once leaving-once");
    child.signal(Signal::TERM);
    child.expect("previous begins");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "previous begins", "previous ends"]);
}

#[test]
fn g7_an_exit_does_not_cut_the_only_hook_which_an_interrupt_calls() {
    let mut child = Child::ready("leaving-while-interrupted");
    child.signal(Signal::INT);
    child.expect("exits");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish().must_be(Ended::Code(6), &["A SIGINT", "exits", "A returns"]);
}
