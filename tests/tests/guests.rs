//! Hooks of a library inside of someone else's program, and of a program that confines itself.

use terminate_tests::{Child, Ended, Signal, skipped};

#[test]
fn g9_a_hook_may_yield_to_another_handler_and_runs_at_the_exit_that_follows() {
    for when in ["before", "after"] {
        let mut child = Child::ready(&format!("guest {when} exit 3"));
        child.signal(Signal::INT);
        child.expect("own 2");
        child.signal(Signal::INT);
        child.expect("own 2");
        child.send("go");
        child.finish().must_be(Ended::Code(3), &["own 2", "own 2", "A exit"]);
    }
    let child = Child::ready("guest never exit 3");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["A SIGINT"]);
    // Of the other signals it is in charge.
    let child = Child::ready("guest before exit 3");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn g9_a_hook_without_signals_takes_neither_a_thread_nor_a_signal() {
    let outcome = Child::start("guest-silent").finish();
    assert_eq!(outcome.events, ["true 1", "A exit"], "{outcome:#?}");
}

#[test]
fn g9_a_signal_that_no_hook_requests_any_more_ends_nothing_if_another_handler_passes_it_on() {
    let mut child = Child::ready("chained-to");
    for _ in 0..3 {
        child.signal(Signal::TERM);
        child.expect("own 15");
    }
    child.send("go");
    child.finish().must_be(Ended::Code(3), &["own 15"; 3]);
}

#[test]
fn g12_a_runner_that_is_restarted_has_what_its_starter_has() {
    for (end, ended) in [("exit 3", Ended::Code(3)), ("signal TERM", Ended::by(Signal::TERM))] {
        Child::start(&format!("restarted yes {end}")).finish().must_be(ended, &["true true"]);
        Child::start(&format!("restarted no {end}")).finish().must_be(ended, &["false false"]);
    }
}

#[test]
fn g12_a_runner_that_is_restarted_is_in_its_starters_mount_namespace_and_has_its_capabilities() {
    for (restart, confined) in [("yes", "true true"), ("no", "false false")] {
        let outcome = Child::start(&format!("privileged {restart} signal TERM")).finish();
        if outcome.events == ["not privileged"] {
            return skipped("only a privileged user can enter a mount namespace");
        }
        outcome.must_be(Ended::by(Signal::TERM), &[confined]);
    }
}

#[test]
fn g12_a_restart_returns_when_the_runner_that_was_replaced_has_ended() {
    Child::start("restarted-threads").finish().must_be(Ended::Code(0), &[]);
}

#[test]
fn g1_no_hook_is_lost_to_a_restart() {
    for _ in 0..10 {
        let outcome = Child::start("restarted-often").finish();
        outcome.must_end(Ended::by(Signal::TERM));
        let events: Vec<&str> = outcome.events.iter().map(String::as_str).collect();
        assert_eq!(events, [&["I SIGINT"; 20][..], &["A SIGTERM"]].concat(), "{outcome:#?}");
    }
}

#[test]
fn g9_a_previous_handler_that_is_to_be_called_once_is_called_once() {
    let outcome = Child::start("called-once taken-back").finish();
    outcome.must_end(Ended::by(Signal::INT));
    assert_eq!(outcome.events, ["previous 2", "goes on"], "{outcome:#?}");
    // Its owner ends the process in its own way, as of any other handler.
    let outcome = Child::start("called-once there").finish();
    outcome.must_end(Ended::Code(3));
    outcome.must_say_once("previous 2");
    outcome.must_say_once("A SIGINT");
}

#[test]
fn g9_a_previous_handler_interrupts_calls_as_it_did_before() {
    for place in ["here", "child"] {
        let outcome = Child::start(&format!("called-with-flags {place}")).finish();
        outcome.must_say_once("previous 15");
        outcome.must_say_once("interrupted true");
    }
}

#[test]
fn g9_a_call_that_waits_for_a_previous_handler_is_interrupted_after_that_has_run() {
    let child = Child::ready("waits-for-a-flag");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(3), &["A SIGTERM", "main sees the flag"]);
}

#[test]
fn g9_a_previous_handler_has_the_stack_that_it_had_before() {
    for place in ["here", "child"] {
        let outcome = Child::start(&format!("large-frame {place}")).finish();
        outcome.must_say_once("previous 10");
        outcome.must_end(Ended::Code(0));
    }
}
