//! G12: what libraries do in a hook is right at every cause: an async runtime, an HTTP client, tracing, random numbers, a
//! thread-local with a destructor.

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal};

fn started(end: &str) -> Child {
    Fixture::of_example("hook_libraries", end).start().until_ready()
}

#[track_caller]
fn must_have_worked(outcome: &Outcome, cause: &str, ended: Ended) {
    outcome.must_be(ended, &[cause, "tokio", "reqwest hello", "rand 7", " INFO cleanup: tracing", "done"]);
}

#[test]
fn g12_libraries_work_in_a_hook_at_an_exit() {
    for (end, code) in [("return", 0), ("exit", 3), ("terminate", 4)] {
        must_have_worked(&started(end).finish(), "exit", Ended::Code(code));
    }
}

#[test]
fn g12_libraries_work_in_a_hook_at_a_panic() {
    must_have_worked(&started("panic").finish(), "panic", Ended::Code(101));
}

#[test]
fn g12_libraries_work_in_a_hook_at_a_panic_that_aborts() {
    must_have_worked(&started("abort").finish(), "panic", Ended::by(Signal::ABRT));
}

#[test]
fn g12_libraries_work_in_a_hook_at_a_signal() {
    for (signal, cause) in [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM")] {
        for end in ["park", "wait"] {
            let child = started(end);
            child.signal(signal);
            must_have_worked(&child.finish(), cause, Ended::by(signal));
        }
    }
    must_have_worked(&started("request").finish(), "SIGTERM", Ended::by(Signal::TERM));
}
