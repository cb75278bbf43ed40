//! G1, where a hook does what hooks are not expected to do: the others still run, once.

use terminate_tests::{Child, Ended, Outcome, Signal};

#[test]
fn g1_a_hook_that_calls_the_c_librarys_exit_at_exit_lets_the_others_run_and_the_first_code_stays() {
    for (end, code) in [("return", 0), ("exit 3", 3), ("c-exit 3", 3)] {
        let outcome = Child::start(&format!("hook-ends c-exit 9 -- {end}")).finish();
        outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
    }
}

#[test]
fn g1_a_hook_that_calls_process_exit_at_the_c_librarys_exit_lets_the_others_run() {
    let outcome = Child::start("hook-ends exit 9 -- c-exit 3").finish();
    outcome.must_be(Ended::Code(3), &["C exit", "B exit", "A exit"]);
}

#[test]
fn g1_a_hook_that_calls_process_exit_once_more_lets_the_others_run() {
    for (end, code) in [("return", 0), ("exit 3", 3), ("thread-exit 3", 3)] {
        let outcome = Child::start(&format!("hook-ends exit 9 -- {end}")).finish();
        outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
    }
}

#[test]
fn g1_a_hook_that_exits_after_a_signal_lets_the_others_run_and_the_signal_decides() {
    for in_hook in ["exit 9", "c-exit 9", "quick-exit 9"] {
        let child = Child::ready(&format!("hook-ends {in_hook} -- idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn g1_a_hook_that_panics_is_reported_and_the_others_run() {
    for (end, ended, cause) in [("return", Ended::Code(0), "exit"), ("panic", Ended::Code(101), "panic")] {
        let outcome = Child::start(&format!("hooks-panic {end}")).finish();
        outcome.must_be(ended, &["C", "B", "A"].map(|name| format!("{name} {cause}")).each_ref().map(String::as_str));
        outcome.must_complain("B's own panic");
        reports_both(&outcome);
    }
    let child = Child::ready("hooks-panic idle");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    reports_both(&outcome);
}

/// By name, or else by the place where the hook was made.
#[track_caller]
fn reports_both(outcome: &Outcome) {
    let reports: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("terminate: ")).collect();
    assert_eq!(reports.len(), 2, "{outcome:#?}");
    assert!(reports[0].contains("the name of B"), "{outcome:#?}");
    assert!(reports[1].contains("fixture/reentry.rs:"), "{outcome:#?}");
}

#[test]
fn g1_a_hook_that_panics_without_a_reader_lets_the_others_run() {
    for device in ["closed-pipes", "full-disk"] {
        let outcome = Child::start(&format!("hook-panics-unread {device} return")).finish();
        outcome.must_be(Ended::Code(0), &["C exit", "B exit", "A exit"]);
        let child = Child::ready(&format!("hook-panics-unread {device} idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn g1_a_capture_whose_destructor_panics_lets_the_others_run() {
    let outcome = Child::start("capture-panics return").finish();
    outcome.must_be(Ended::Code(0), &["C exit", "B exit", "A exit"]);
    let child = Child::ready("capture-panics idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
}

#[test]
fn g1_a_hook_may_unregister_itself_and_others_in_the_middle_of_the_pass() {
    let expected = ["D exit", "C exit", "C unregistered what it could", "A exit"];
    Child::start("hook-unregisters return").finish().must_be(Ended::Code(0), &expected);
    let child = Child::ready("hook-unregisters idle");
    child.signal(Signal::TERM);
    let expected = ["D SIGTERM", "C SIGTERM", "C unregistered what it could", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &expected);
}

#[test]
fn g1_a_hook_that_registers_itself_without_end_does_not_keep_the_process() {
    Child::start("hook-registers-for-ever return").finish().must_be(Ended::Code(0), &["ends"]);
    let child = Child::ready("hook-registers-for-ever idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &[]);
}

#[test]
fn g1_a_hook_that_forks_keeps_the_hooks_to_its_own_process() {
    let expected = ["C exit", "B exit", "child ended with Some(4)", "child ended by Some(15)", "A exit"];
    Child::start("hook-forks return").finish().must_be(Ended::Code(0), &expected);
    let child = Child::ready("hook-forks idle");
    child.signal(Signal::TERM);
    let expected = ["C SIGTERM", "B SIGTERM", "child ended with Some(4)", "child ended by Some(15)", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &expected);
}

#[test]
fn g1_a_hook_may_use_threads_and_print() {
    for end in ["return", "exit 0", "thread-exit 0"] {
        Child::start(&format!("thread-in-hook {end}")).finish().must_be(Ended::Code(0), &["hook true"]);
    }
    let child = Child::ready("thread-in-hook idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["hook true"]);
}
