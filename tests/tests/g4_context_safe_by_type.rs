//! G4: safe code cannot make an ordinary closure run in a signal handler. What must not compile is in
//! `tests/compile_errors`.

use terminate_tests::{Child, Ended, Signal};

#[test]
fn g4_an_ordinary_hook_is_passed_by_where_only_the_handler_runs() {
    let outcome = Child::start("fault ordinary A:SEGV:safe -- null").finish();
    outcome.must_be(Ended::by(Signal::SEGV), &["A SIGSEGV"]);
}

#[test]
fn g4_an_ordinary_hook_runs_on_a_thread_of_its_own_after_a_signal() {
    let child = Child::ready("runner-thread");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["on the runner"]);
}
