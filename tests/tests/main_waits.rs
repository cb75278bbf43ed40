//! Main in `wait` has nothing to do: it runs the hooks if it is faster than the watcher, and whatever comes to main meanwhile, one of
//! the two does.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn main_that_waits_runs_the_hooks_itself_if_the_watcher_is_held_up() {
    let child = Child::ready("main-waits-alone");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A signal 15, on main: true"]);
}

#[test]
fn main_that_waits_or_the_watcher_runs_the_hooks_whichever_is_faster() {
    for _ in 0..40 {
        let child = Child::ready("main-waits 0");
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::TERM));
        let runs = ["true", "false"].map(|on_main| outcome.count(&format!("A signal 15, on main: {on_main}")));
        assert_eq!(runs[0] + runs[1], 1, "{outcome:#?}");
    }
}

#[test]
fn with_a_grace_main_is_told_and_the_hooks_run_on_the_watcher() {
    // Main hangs: the grace is over some time.
    let child = Child::ready("main-waits 50");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["told signal 15", "A signal 15, on main: false"]);

    let mut child = Child::ready("main-waits 3600000");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.expect("told signal 15");
    child.send("return");
    child.finish().must_be(Ended::by(Signal::TERM), &["told signal 15", "A signal 15, on main: true"]);
}

#[test]
fn an_interrupt_while_main_waits_runs_its_hooks_and_main_waits_on() {
    let mut child = Child::ready("main-waits-interrupted");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::INT);
    child.expect("I signal 2, on main: false");
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
    // On the watcher, or on main, if it was faster.
    assert!(after.is_some_and(|event| event.starts_with("A exit, on main: ")), "{:?}", outcome.events);
}

#[test]
fn g1_g7_an_abort_that_is_sent_while_main_waits_runs_all_hooks_and_ends_by_the_first_signal() {
    for end in [Signal::ABRT, Signal::TERM] {
        let mut child = Child::ready("main-waits-abort");
        kernel::until_all_asleep(child.pid());
        child.signal(end);
        child.expect("B begins");
        // Another one does not cut them off.
        child.signal(Signal::ABRT);
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::by(end));
        let a = format!("A signal {}, on main: ", end.as_raw());
        let events: Vec<&str> = outcome.after_ready();
        assert!(matches!(events[..], ["B begins", "B goes on", last] if last.starts_with(&a)), "{events:?}");
    }
}

#[test]
fn g1_g7_a_fault_or_an_abort_that_is_sent_while_hooks_run_does_not_cut_them_off() {
    for sent in [Signal::SEGV, Signal::FPE, Signal::ABRT] {
        let mut child = Child::ready(&format!("main-waits-sent {}", sent.as_raw()));
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::TERM);
        child.expect("B begins");
        child.signal(sent);
        kernel::until_delivered(child.pid());
        child.send("go");
        let all = ["B begins", "B goes on", "S signal 15", "A signal 15"];
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn g1_when_a_handler_of_the_programs_own_aborts_on_main_that_waits_all_hooks_run() {
    let child = Child::ready("main-waits-handler aborts");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::ABRT), &["S signal 6", "A signal 6"]);
}

#[test]
fn when_a_handler_of_the_programs_own_waits_for_the_end_on_main_that_waits_it_comes() {
    let child = Child::ready("main-waits-handler waits");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::TERM), &["S signal 15", "A signal 15"]);
}

#[test]
fn g1_main_that_waits_in_a_guards_function_is_not_waited_for_by_itself() {
    let child = Child::ready("main-waits-in-guard");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let outcome = child.finish();
    assert!(outcome.events.contains(&"A signal 15, on main: false".to_owned()), "{outcome:#?}");
}

// Main, which had taken up what was left, returned, and the process ended with its code.
#[test]
fn g8_a_hook_that_aborts_in_another_threads_exit_ends_the_process_by_that_though_main_returns() {
    // Main is the one that takes it up in most of them, or in some, if this is run with a low priority.
    for _ in 0..10 {
        let mut child = Child::start("main-waits-and-returns");
        child.expect("previous 6");
        // Or it has ended.
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::ABRT));
        let events = outcome.after_ready();
        assert!(matches!(events[..], ["B exit", a, "previous 6"] if a.starts_with("A exit, on main: ")), "{events:?}");
    }
}

#[test]
fn g9_a_previous_handler_that_aborts_on_main_that_waits_is_called_once() {
    let child = Child::ready("main-waits-previous");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::ABRT), &["A signal 15, on main: true", "previous 15"]);
}

// The signal is let in for the handler that stood before, and stayed so.
#[test]
fn g9_mains_mask_is_its_own_when_the_previous_handler_has_returned() {
    let child = Child::ready("main-waits-mask");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let all = ["A signal 15, on main: true", "previous 15", "SIGTERM blocked: true"];
    child.finish().must_be(Ended::Code(9), &all);
}
