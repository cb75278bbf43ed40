//! G12: a hook sees the same environment whatever the cause: its own thread, with thread-locals that work.

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal};

/// Two hooks that say where they run. The second finds what the first left in a thread-local, and nothing of main's.
#[track_caller]
fn must_see_the_runner(outcome: &Outcome, cause: &str, ended: Ended) {
    let at = format!("{cause}: main false, named terminate, notes");
    outcome.must_be(ended, &[&format!("B {at} B"), &format!("A {at} B+A")]);
}

#[test]
fn g12_at_an_exit_hooks_share_one_thread_that_is_not_mains() {
    for (end, code) in [("exit 3", 3), ("c-exit 3", 3), ("quick-exit 3", 3), ("terminate 3", 3), ("thread-exit 3", 3)] {
        let outcome = Child::start(&format!("case-environment {end}")).finish();
        must_see_the_runner(&outcome, "exit", Ended::Code(code));
    }
}

#[test]
fn g12_at_mains_return_hooks_share_one_thread_that_is_not_mains() {
    must_see_the_runner(&Child::start("case-environment return").finish(), "exit", Ended::Code(0));
}

#[test]
fn g12_at_a_panic_hooks_share_one_thread_that_is_not_mains() {
    must_see_the_runner(&Child::start("case-environment panic").finish(), "panic", Ended::Code(101));
}

#[test]
fn g12_at_an_aborting_panic_hooks_share_one_thread_that_does_not_panic() {
    for end in ["panic", "thread-panic 3"] {
        let outcome = Fixture::new(&format!("case-environment {end}")).whose_panics_abort().start().finish();
        must_see_the_runner(&outcome, "panic", Ended::by(Signal::ABRT));
    }
}

#[test]
fn g12_at_an_abort_hooks_share_one_thread_that_does_not_abort() {
    let outcome = Child::start("case-abort-environment abort").finish();
    must_see_the_runner(&outcome, "SIGABRT", Ended::by(Signal::ABRT));
}

#[test]
fn g12_at_a_signal_hooks_share_one_thread_that_is_not_mains() {
    let child = Child::ready("case-environment idle");
    child.signal(Signal::TERM);
    must_see_the_runner(&child.finish(), "SIGTERM", Ended::by(Signal::TERM));
    let outcome = Child::start("case-environment signal TERM").finish();
    must_see_the_runner(&outcome, "SIGTERM", Ended::by(Signal::TERM));
}

#[test]
fn g12_a_hook_runs_tasks_in_a_tokio_runtime_at_every_cause() {
    for (end, cause, code) in [("exit 3", "exit", 3), ("return", "exit", 0), ("panic", "panic", 101)] {
        let outcome = Child::start(&format!("case-tokio {end}")).finish();
        outcome.must_be(Ended::Code(code), &[&format!("A {cause}: 7")]);
    }
    let child = Child::ready("case-tokio idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM: 7"]);
}
