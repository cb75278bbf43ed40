//! Main in `wait` has nothing to do: it is the watcher then, and no other thread is there.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn main_that_waits_runs_the_hooks_itself_and_no_other_thread_is_there() {
    let child = Child::ready("main-waits 0");
    kernel::until_alone(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A signal 15, on main: true, threads: 1"]);
}

#[test]
fn with_a_grace_main_is_told_and_the_watcher_is_another_thread() {
    // Main hangs: the grace is over some time.
    let child = Child::ready("main-waits 50");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let on_another = "A signal 15, on main: false, threads: 2";
    child.finish().must_be(Ended::by(Signal::TERM), &["told signal 15", on_another]);

    let mut child = Child::ready("main-waits 3600000");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.expect("told signal 15");
    child.send("return");
    child.finish().must_be(Ended::by(Signal::TERM), &["told signal 15", "A signal 15, on main: true, threads: 2"]);
}

#[test]
fn an_interrupt_while_main_waits_runs_its_hooks_there_and_main_waits_on() {
    let mut child = Child::ready("main-waits-interrupted");
    kernel::until_alone(child.pid());
    child.signal(Signal::INT);
    child.expect("I signal 2, on main: true, threads: 1");
    child.signal(Signal::TERM);
    child.finish().must_end(Ended::by(Signal::TERM));
}

#[test]
fn when_another_thread_exits_while_main_waits_a_watcher_is_there_for_a_hook_that_aborts() {
    let mut child = Child::ready("main-waits-exit exit 3");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::ABRT));
    let after = outcome.events.iter().skip_while(|event| *event != "B aborts").nth(1);
    // On that watcher, or on main, if it had not gone on yet.
    assert!(after.is_some_and(|event| event.starts_with("A exit, on main: ")), "{:?}", outcome.events);
}

#[test]
fn g1_an_abort_that_is_sent_while_main_waits_runs_all_hooks_and_ends_by_it() {
    for end in [Signal::ABRT, Signal::TERM] {
        let mut child = Child::ready("main-waits-abort");
        kernel::until_alone(child.pid());
        child.signal(end);
        child.expect("B begins");
        // Another one does not cut them off.
        child.signal(Signal::ABRT);
        kernel::until_delivered(child.pid());
        child.send("go");
        let a = format!("A signal {}, on main: true, threads: 1", end.as_raw());
        child.finish().must_be(Ended::by(end), &["B begins", "B goes on", &a]);
    }
}

#[test]
fn g1_main_that_waits_in_a_guards_function_is_not_waited_for_by_itself() {
    let child = Child::ready("main-waits-in-guard");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let outcome = child.finish();
    assert!(outcome.events.contains(&"A signal 15, on main: false, threads: 2".to_owned()), "{outcome:#?}");
}

#[test]
fn g9_mains_mask_is_its_own_after_an_interrupt_that_ran_on_it() {
    let mut child = Child::ready("main-waits-mask");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::INT);
    child.expect("previous");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    assert!(outcome.events.contains(&"SIGINT blocked: true".to_owned()), "{:?}", outcome.events);
}
