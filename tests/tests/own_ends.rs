//! Ends that the program takes part in: requests, the grace that needs no configuration, statuses of its own, other handlers,
//! time limits of single hooks.

use std::time::{Duration, Instant};

use terminate_tests::platform::TELLS_EXIT_STATUS;
use terminate_tests::{Child, Ended, Signal};

#[test]
fn a_request_notifies_the_program_and_has_its_status() {
    for (status, end, code) in [("3", "return", 3), ("3", "exit 7", 3), ("success", "return", 0), ("main", "exit 7", 7)]
    {
        let outcome = Child::start(&format!("own-request {status} {end}")).finish();
        outcome.must_end(Ended::Code(code));
        let known = if status == "main" { "None".to_owned() } else { format!("Some({code})") };
        assert_eq!(outcome.events, [format!("notified exit {known}"), "A exit".to_owned()], "{outcome:#?}");
    }
    // The program does not end by itself.
    let outcome = Child::start("at-once own-request 3 idle").finish();
    outcome.must_end(Ended::Code(3));
    outcome.must_say_once("A exit");
    // In a hook it changes nothing.
    let outcome = Child::start("own-request 3 hook").finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_say_once("A exit");
}

#[test]
fn a_program_that_waits_has_a_grace_without_a_configuration() {
    let child = Child::ready("own-wait");
    child.signal(Signal::HUP);
    child.finish().must_be(Ended::by(Signal::HUP), &["after SIGHUP", "A SIGHUP"]);
    let child = Child::ready("own-requested");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["after", "A SIGINT"]);
}

#[test]
fn a_status_may_be_left_to_main_and_otherwise_is_the_signal() {
    for (end, ended) in [
        ("return", Ended::Code(0)),
        ("exit 7", Ended::Code(7)),
        ("c-exit 7", Ended::Code(7)),
        ("none", Ended::by(Signal::TERM)),
    ] {
        let child = Child::ready(&format!("own-status {end}"));
        child.signal(Signal::TERM);
        child.finish().must_be(ended, &["A SIGTERM"]);
    }
}

#[test]
fn a_hook_that_exits_is_no_exit_of_the_program() {
    for (status, ended) in [("main", Ended::by(Signal::TERM)), ("code", Ended::Code(3))] {
        let child = Child::ready(&format!("own-hook-exits {status}"));
        child.signal(Signal::TERM);
        child.finish().must_be(ended, &["A SIGTERM"]);
    }
}

#[test]
fn g9_the_owner_of_another_handler_may_end_the_process_after_the_hooks() {
    let long = 3_600_000;
    for (end, ended) in [("exit 6", Ended::Code(6)), ("return", Ended::Code(0)), ("slow", Ended::Code(6))] {
        let child = Child::ready(&format!("own-other-handler {long} {end}"));
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(ended);
        assert_eq!(outcome.after_ready()[..3], ["A SIGTERM", "notified", "its owner"], "{outcome:#?}");
    }
    for (end, signal) in [("abort", Signal::ABRT), ("raise USR2", Signal::USR2), ("signal USR2", Signal::USR2)] {
        let child = Child::ready(&format!("own-other-handler {long} {end}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(signal), &["A SIGTERM", "notified", "its owner"]);
    }
}

#[test]
fn g7_a_second_signal_does_not_cut_the_owner_of_another_handler() {
    let child = Child::ready("own-other-handler 3600000 twice");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(6), &["A SIGTERM", "notified", "its owner"]);
}

#[test]
fn g9_when_the_time_of_another_handlers_owner_is_over_the_signal_ends_the_process() {
    let child = Child::ready("own-other-handler 50 idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "notified", "its owner"]);
    // SIGINT has no other handler, so the process ends at once.
    let begun = Instant::now();
    let child = Child::ready("own-other-handler 3600000 idle");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["A SIGINT"]);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn g9_a_signal_that_the_program_sends_itself_waits_for_no_other_handler() {
    Child::start("own-other-handler 3600000 own").finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "notified"]);
}

#[test]
fn g13_a_hook_that_exceeds_its_own_limit_is_named_and_the_others_run() {
    for (how, ended, cause) in [("exit 3", Ended::Code(3), "exit"), ("idle", Ended::by(Signal::TERM), "SIGTERM")] {
        let child = Child::ready(&format!("own-timeout {how}"));
        if how == "idle" {
            child.signal(Signal::TERM);
        }
        let outcome = child.finish();
        outcome.must_be(ended, &[&format!("C {cause}"), &format!("B {cause}"), &format!("A {cause}")]);
        outcome.must_complain("terminate: the hook \"slow one\" made at");
        outcome.must_complain("did not return within 200ms; going on without it");
    }
}

#[test]
fn a_hook_that_takes_long_at_an_exit_is_named_once() {
    let outcome = Child::start("own-notice exit 3").finish();
    outcome.must_be(Ended::Code(3), &["B"]);
    assert_eq!(outcome.stderr.matches("terminate: still waiting for the hook \"slow one\"").count(), 1, "{outcome:#?}");
}

#[test]
fn an_end_knows_its_exit_code_and_the_hooks_that_were_lost() {
    let of_exit = if TELLS_EXIT_STATUS { "Some(3)" } else { "None" };
    for (how, ended, code) in [("exit 3", Ended::Code(3), of_exit), ("signal TERM", Ended::by(Signal::TERM), "None")] {
        let outcome = Child::start(&format!("own-lost {how}")).finish();
        outcome.must_end(ended);
        outcome.must_say_once(&format!("{code} [\"hangs\", \"exits\"] 1"));
    }
}

#[test]
fn the_configuration_says_which_signals_are_for_hooks_that_name_none() {
    for (signal, ended) in [(Signal::USR1, &["B", "A"]), (Signal::TERM, &["B", "A"]), (Signal::USR2, &["B", "A"])] {
        let child = Child::ready("own-signals");
        child.signal(signal);
        let outcome = child.finish();
        outcome
            .must_be(Ended::by(signal), &ended.map(|name| format!("{name} {signal}")).each_ref().map(|event| &**event));
        assert_eq!(outcome.events[0], "true");
    }
    for signal in [Signal::INT, Signal::HUP] {
        let child = Child::ready("own-signals");
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &[]);
    }
}

#[test]
fn what_a_hook_prints_where_no_reader_is_left_is_lost_and_nothing_else() {
    let outcome = Child::start("own-print").finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_complain("printed after exit");
}

#[test]
fn g9_a_handler_that_is_installed_while_the_hooks_run_is_not_waited_for() {
    let child = Child::ready("own-late-handler");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn g9_the_exit_of_another_handlers_owner_counts_whatever_a_hook_asks_for() {
    let child = Child::ready("own-exit-in-grace");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(6), &["notified", "A SIGTERM"]);
}
