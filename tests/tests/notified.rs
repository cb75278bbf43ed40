//! What is notified of the end: threads in `wait`, wakers of any kind, and no forked child.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn a_waker_that_panics_keeps_neither_other_wakers_nor_hooks_from_running() {
    let child = Child::ready("at-once waker-panics");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["woken", "wakes", "woken", "A SIGTERM"]);
    outcome.must_complain("in a waker");
}

#[test]
fn a_waker_that_faults_or_aborts_ends_the_process_by_it_after_the_handler_safe_hooks() {
    for (how, signal) in [("fault", Signal::SEGV), ("abort", Signal::ABRT)] {
        let child = Child::ready(&format!("waker-ends {how}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(signal), &["wakes", "handler-safe"]);
    }
}

#[test]
fn a_waker_that_holds_another_future_can_be_replaced_and_dropped() {
    let outcome = Child::start("waker-holds-a-future").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, ["dropped", "dropped", "done"]);
}

#[test]
fn a_hook_may_wait_for_a_thread_that_ends_when_it_is_notified() {
    for how in ["wait", "shutdown"] {
        for (end, ended, cause) in [
            ("exit 3", Ended::Code(3), "exit"),
            ("return", Ended::Code(0), "exit"),
            ("c-exit 3", Ended::Code(3), "exit"),
            ("quick-exit 3", Ended::Code(3), "exit"),
            ("panic", Ended::Code(101), "panic"),
            ("signal TERM", Ended::by(Signal::TERM), "SIGTERM"),
        ] {
            let mut child = Child::ready(&format!("at-once hook-joins-waiter {how} {end}"));
            kernel::until_all_asleep(child.pid());
            child.send("go");
            child.finish().must_be(ended, &[&format!("notified {cause}"), &format!("A {cause}, joined true")]);
        }
    }
}

#[test]
fn a_child_that_is_forked_within_its_parents_grace_is_not_notified() {
    let child = Child::ready("child-of-notified");
    child.signal(Signal::TERM);
    let all = ["child: false false", "child ended: Code(0)", "parent: true true", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}
