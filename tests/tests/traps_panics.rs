//! Trap 8: panics that abort, in a hook, while panicking, across a foreign border, and while main exits.

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal, kernel};

fn abort(scenario: &str) -> Child {
    Fixture::new(scenario).whose_panics_abort().start()
}

/// Each hook ran once, in order, for that cause.
#[track_caller]
fn all_ran(outcome: &Outcome, cause: &str) {
    assert_eq!(outcome.after_ready(), ["C", "B", "A"].map(|name| format!("{name} {cause}")), "{outcome:#?}");
}

#[test]
fn trap_08_where_panics_abort_a_panic_runs_each_hook_once_and_stays_sigabrt() {
    for end in ["panic", "thread-panic 3", "caught-panic 3"] {
        let outcome = abort(&format!("hooks A B C -- {end}")).finish();
        all_ran(&outcome, "panic");
        outcome.must_end(Ended::by(Signal::ABRT));
        outcome.must_complain("on purpose");
    }
}

#[test]
fn trap_08_a_panic_in_a_hook_is_reported_and_changes_nothing_whether_it_unwinds_or_not() {
    let ends = [("return", Ended::Code(0)), ("exit 3", Ended::Code(3)), ("thread-exit 3", Ended::Code(3))];
    for (end, ended) in ends {
        for start in [abort, Child::start] {
            let outcome = start(&format!("hook-panics {end}")).finish();
            all_ran(&outcome, "exit");
            outcome.must_end(ended);
            outcome.must_complain("the name of B");
        }
    }
}

// The child process is the same with hooks and without: by SIGABRT, whatever panics do.
#[test]
fn trap_08_a_panic_that_must_not_unwind_runs_each_hook_once_and_stays_sigabrt() {
    for place in ["main", "thread"] {
        for kind in ["while-panicking", "extern-c"] {
            for start in [abort, Child::start] {
                let outcome = start(&format!("trap-panic {place} {kind}")).finish();
                all_ran(&outcome, "panic");
                outcome.must_end(Ended::by(Signal::ABRT));
            }
        }
    }
}

#[test]
fn trap_08_a_hook_whose_panic_must_not_unwind_lets_the_others_run_and_the_exit_keeps_its_code() {
    for kind in ["while-panicking", "extern-c"] {
        for start in [abort, Child::start] {
            let outcome = start(&format!("trap-panic hook {kind}")).finish();
            all_ran(&outcome, "exit");
            outcome.must_end(Ended::Code(0));
        }
    }
}

#[test]
fn trap_08_a_thread_that_panics_while_main_exits_neither_runs_hooks_again_nor_changes_the_end() {
    for start in [abort, Child::start] {
        for (end, code) in [("return", 0), ("exit 3", 3)] {
            let mut child = start(&format!("thread-panic-during-exit {end}"));
            child.expect("thread panics");
            kernel::until_all_asleep(child.pid());
            child.send("go");
            let outcome = child.finish();
            outcome.must_be(Ended::Code(code), &["B begins", "thread panics", "B ends", "A exit"]);
        }
    }
}
