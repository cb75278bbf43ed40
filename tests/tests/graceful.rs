//! Graceful shutdown: the program is notified first, may end by itself, and the cause is the signal all the same.

use std::time::{Duration, Instant};

use terminate_tests::{Child, Ended, Signal, kernel};

/// Ways to be notified.
const WAYS: [&str; 6] = ["wait", "wait-thread", "requested", "block-on", "tokio-current", "tokio-multi"];
/// Longer than any test takes.
const LONG: &str = "3600000";

/// Starts it, sends the signal, and waits until it was notified.
#[track_caller]
fn notified(scenario: &str, signal: Signal) -> Child {
    let mut child = Child::ready(scenario);
    // `wait` may be what has the signals handled, and it does not return: until it sleeps.
    if scenario.contains(" wait") {
        kernel::until_all_asleep(child.pid());
    }
    child.signal(signal);
    child.expect(&format!("notified {signal} Some(true) true 0"));
    child.expect("requested false true");
    child
}

/// What it says when it is notified.
fn telling(signal: Signal) -> [String; 2] {
    [format!("notified {signal} Some(true) true 0"), "requested false true".to_owned()]
}

#[track_caller]
fn ends(child: Child, signal: Signal, ended: Ended, rest: &[&str]) {
    let telling = telling(signal);
    child.finish().must_be(ended, &[&[&*telling[0], &*telling[1]], rest].concat());
}

#[test]
fn the_program_is_notified_first_and_ends_by_the_signal_when_main_returns_in_every_way_to_wait() {
    for how in WAYS {
        for signal in Signal::TERMINATION {
            let mut child = notified(&format!("graceful {how} {LONG} A B -- line return"), signal);
            child.send("go");
            let cause = format!("{signal}");
            ends(child, signal, Ended::by(signal), &[&format!("B {cause}"), &format!("A {cause}")]);
        }
    }
}

#[test]
fn an_exit_or_a_panic_within_the_grace_ends_by_the_signal_too() {
    for end in ["exit 7", "c-exit 7", "quick-exit 7", "terminate 7", "thread-exit 7", "panic"] {
        let child = notified(&format!("graceful wait {LONG} A B -- {end}"), Signal::TERM);
        ends(child, Signal::TERM, Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn a_graceful_end_has_the_status_that_a_hook_requests() {
    for (option, code) in [("status=success", 0), ("status=65", 65), ("status=number", 15), ("status=shell", 143)] {
        for end in ["return", "exit 7"] {
            let child = notified(&format!("graceful wait {LONG} A:TERM:{option} -- {end}"), Signal::TERM);
            ends(child, Signal::TERM, Ended::Code(code), &["A SIGTERM"]);
        }
    }
}

#[test]
fn a_graceful_end_calls_the_previous_handler_as_the_grace_begins_and_leaves_the_status_to_the_program() {
    for (end, code) in [("return", 0), ("exit 7", 7)] {
        let child = Child::ready(&format!("graceful-previous wait {LONG} A -- {end}"));
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::Code(code));
        outcome.must_say_once("previous 15");
        assert_eq!(outcome.events.last().map(String::as_str), Some("A SIGTERM"), "{outcome:#?}");
    }
}

#[test]
fn the_hooks_run_anyway_when_the_grace_is_over() {
    for how in WAYS {
        let begun = Instant::now();
        let child = notified(&format!("graceful {how} 200 A B -- idle"), Signal::TERM);
        ends(child, Signal::TERM, Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
        assert!(begun.elapsed() >= Duration::from_millis(200), "{how}: after {:?}", begun.elapsed());
    }
}

#[test]
fn without_a_grace_the_hooks_run_at_once() {
    let child = Child::ready("graceful wait 0 A B -- idle");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    let mut hooks = outcome.after_ready();
    hooks.retain(|event| event.contains(" SIG") && !event.starts_with("notified"));
    assert_eq!(hooks, ["B SIGTERM", "A SIGTERM"], "{outcome:#?}");
}

#[test]
fn the_end_waits_for_no_grace_when_the_program_aborts_in_it() {
    // Both threads may die by what they have: the one that aborts by SIGABRT, if it is faster.
    for (specs, events) in [("A B:ABRT", &["B SIGTERM", "A SIGTERM"][..]), ("A B", &[])] {
        let child = notified(&format!("graceful wait {LONG} {specs} -- abort"), Signal::TERM);
        let outcome = child.finish();
        assert!([Ended::by(Signal::TERM), Ended::by(Signal::ABRT)].contains(&outcome.ended), "{outcome:#?}");
        assert_eq!(outcome.after_ready()[2..], *events, "{outcome:#?}");
    }
}

#[test]
fn further_signals_within_the_grace_change_nothing() {
    let mut child = notified(&format!("graceful wait {LONG} A -- line return"), Signal::TERM);
    for signal in Signal::TERMINATION.into_iter().cycle().take(30) {
        child.signal(signal);
        kernel::until_delivered(child.pid());
    }
    child.send("go");
    ends(child, Signal::TERM, Ended::by(Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn a_program_without_hooks_is_notified_too() {
    for how in WAYS.into_iter().filter(|how| *how != "requested") {
        for signal in Signal::TERMINATION {
            let child = notified(&format!("graceful {how} {LONG} -- exit 7"), signal);
            ends(child, signal, Ended::by(signal), &[]);
        }
    }
}

#[test]
fn a_program_of_handler_safe_hooks_is_notified_too() {
    for how in WAYS.into_iter().filter(|how| *how != "requested") {
        let child = notified(&format!("graceful {how} {LONG} A:safe B:safe -- return"), Signal::TERM);
        ends(child, Signal::TERM, Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn every_task_that_waits_is_notified() {
    let child = Child::ready("graceful-tasks");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["100 were notified", "A SIGINT"]);
}

#[test]
fn a_future_that_is_dropped_is_forgotten() {
    let child = Child::ready("forgotten-future");
    assert_eq!(child.events()[..2], ["polled: [1, 1, 1, 1]", "two dropped: [0, 1, 0, 1]"]);
    child.signal(Signal::TERM);
    let all = ["woken: [0, 1, 0, 1]", "ready: [true, true]", "notified: [0, 0, 0, 0]", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn a_future_that_moves_to_another_task_wakes_that_one() {
    let child = Child::ready("other-waker");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["notified SIGTERM, the first waker 0", "A SIGTERM"]);
}

#[test]
fn a_thread_that_waits_does_not_hold_up_an_exit() {
    let mut child = Child::ready("future-of-an-exit exit 3");
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::Code(3));
    outcome.must_say_once("A exit");
}
