//! Traps 9 and 10: stack overflows, aborts, and faults in hooks.

use terminate_tests::{Child, Ended, Outcome, Signal};

/// What was written on standard error, without thread ids and the like.
fn message(outcome: &Outcome) -> String {
    outcome.stderr.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[test]
fn trap_09_a_stack_overflow_has_the_message_and_the_end_of_a_program_without_us() {
    for (kind, thread) in [("overflow", "main"), ("thread-overflow", "deep")] {
        let without_us = Child::start(&format!("fault -- {kind}")).finish();
        assert_eq!(without_us.ended, Ended::by(Signal::ABRT), "that is how the runtime has it");
        assert!(without_us.stderr.contains(&format!("thread '{thread}'")), "{without_us:#?}");
        for specs in ["A:SEGV:safe", "ordinary A:SEGV+BUS:safe", "ordinary A:TERM+SEGV:safe B:safe"] {
            let outcome = Child::start(&format!("fault {specs} -- {kind}")).finish();
            outcome.must_be(without_us.ended, &["A SIGSEGV"]);
            assert_eq!(message(&outcome), message(&without_us), "{outcome:#?}");
        }
    }
}

#[test]
fn trap_09_a_stack_overflow_that_no_hook_requested_runs_none() {
    for kind in ["overflow", "thread-overflow"] {
        let without_us = Child::start(&format!("fault -- {kind}")).finish();
        let outcome = Child::start(&format!("fault ordinary A:safe -- {kind}")).finish();
        outcome.must_be(without_us.ended, &[]);
        assert_eq!(message(&outcome), message(&without_us), "{outcome:#?}");
    }
}

#[test]
fn trap_10_an_abort_and_a_sigabrt_from_elsewhere_run_all_hooks_once() {
    for specs in ["A B:ABRT", "A:safe B:ABRT:safe", "A:ABRT:safe B:ABRT"] {
        let outcome = Child::start(&format!("hooks {specs} -- abort")).finish();
        outcome.must_be(Ended::by(Signal::ABRT), &["B SIGABRT", "A SIGABRT"]);
        for _ in 0..5 {
            let child = Child::ready(&format!("hooks {specs} -- idle"));
            child.signal(Signal::ABRT);
            child.finish().must_be(Ended::by(Signal::ABRT), &["B SIGABRT", "A SIGABRT"]);
        }
    }
}

// The handler-safe hooks that are left run; A, an ordinary one, does not.
#[test]
fn trap_10_an_abort_on_the_runner_runs_what_is_left_and_handler_safe_and_ends_by_it() {
    let child = Child::ready("trap-abort-in-hook");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::ABRT), &["B SIGTERM", "last SIGTERM"]);
    let child = Child::ready("trap-abort-in-hook");
    child.signal(Signal::ABRT);
    child.finish().must_be(Ended::by(Signal::ABRT), &["B SIGABRT", "last SIGABRT"]);
}

#[test]
fn trap_10_a_second_fault_in_a_handler_safe_hook_ends_the_process_by_it() {
    let outcome = Child::start("fault-in-hook null null").finish();
    outcome.must_be(Ended::by(Signal::SEGV), &["B SIGSEGV"]);
    for (first, second, end) in [("null", "illegal", Signal::ILL), ("illegal", "null", Signal::SEGV)] {
        let outcome = Child::start(&format!("fault-in-hook-with-room {first} {second}")).finish();
        outcome.must_end(Ended::by(end));
        let names: String = outcome.after_ready().into_iter().map(|event| &event[..1]).collect();
        assert_eq!(names, "BA", "{outcome:#?}");
    }
}

#[test]
fn trap_10_a_fault_in_an_ordinary_hook_runs_what_is_left_and_handler_safe_and_ends_by_it() {
    let child = Child::ready("fault-in-ordinary-hook");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::SEGV), &["on fault SIGTERM", "B SIGTERM"]);
}
