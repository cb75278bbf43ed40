//! Runners, guards and faults that meet: what the end waits for, and what decides.

use terminate_tests::{Child, Ended, Signal, kernel};

// The runner is in `exit`, after our handler.
#[test]
fn a_quick_exit_after_the_hooks_of_a_signal_leaves_the_signals_code() {
    let child = Child::ready("runner-code-and-quick-exit");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(66), &["A SIGTERM", "exit handler"]);
}

// The thread that is in `exit` keeps the locks of the C library and of the runtime.
#[test]
fn the_code_of_a_signal_does_not_come_by_exit_after_a_hook_exited() {
    let child = Child::ready("runner-code-after-exit");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(66), &["B SIGTERM", "A SIGTERM"]);
}

#[test]
fn a_successor_has_the_whole_deadline() {
    let mut child = Child::ready("runner-two-hang 1000");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.send("go");
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM", "A returns"]);
    assert_eq!(outcome.stderr.matches("did not return").count(), 1, "{outcome:#?}");
}

#[test]
fn a_guard_that_hangs_is_abandoned_at_the_deadline() {
    let outcome = Child::start("runner-guard-hangs").finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!(outcome.events, ["guard begins, exit", "A exit"], "{outcome:#?}");
}

#[test]
fn g10_a_child_that_a_guard_forks_during_the_end_goes_on() {
    let mut child = Child::start("runner-guard-forks");
    child.expect("guard begins, exit");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    assert_eq!(outcome.events, ["guard begins, exit", "A SIGTERM", "child ended: Code(7)"], "{outcome:#?}");
}

#[test]
fn g7_a_guard_on_a_thread_that_had_an_interrupt_is_not_cut_short() {
    let mut child = Child::ready("runner-interrupt-then-guard");
    child.signal(Signal::INT);
    child.expect("I SIGINT");
    child.send("go");
    child.expect("guard begins, exit");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    child.send("go");
    child.finish().must_be(Ended::by(Signal::TERM), &["I SIGINT", "guard begins, exit", "guard ends"]);
}

#[test]
fn g1_a_second_fault_waits_for_the_hooks_of_the_first() {
    let mut child = Child::ready("runner-two-faults");
    child.expect("S SIGSEGV");
    // Main waits in its handler, or has ended the process.
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish().must_be(Ended::by(Signal::SEGV), &["S SIGSEGV", "S returns"]);
}

#[test]
fn g13_at_the_deadline_of_an_abort_the_handler_safe_hooks_run() {
    let outcome = Child::start("runner-abort-and-hang").finish();
    outcome.must_end(Ended::by(Signal::ABRT));
    assert_eq!(outcome.events, ["B SIGABRT", "S SIGABRT"], "{outcome:#?}");
}

#[test]
fn g9_a_previous_handler_without_restart_still_interrupts_a_read() {
    let child = Child::ready("runner-flags");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::Code(0), &["previous 10", "interrupted: true"]);
}

#[test]
fn g11_a_handler_safe_hook_without_signals_is_refused_when_all_have_run() {
    let outcome = Child::start("runner-late").finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!(outcome.events, ["A exit", "refused: true"], "{outcome:#?}");
}

#[test]
fn g7_signals_during_an_interrupt_do_not_count_for_a_later_end() {
    let mut child = Child::ready("runner-force-after-interrupt");
    for (signal, begins, ends) in
        [(Signal::INT, "B SIGINT", "interrupted: true"), (Signal::TERM, "A SIGTERM", "A returns")]
    {
        child.signal(signal);
        child.expect(begins);
        child.signal(signal);
        kernel::until_delivered(child.pid());
        child.send("go");
        child.expect(ends);
    }
    let all = ["B SIGINT", "B returns", "interrupted: true", "A SIGTERM", "A returns"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}
