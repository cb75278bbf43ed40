//! `Config`: the n-th signal forces the end, the deadline, and which panics end the process.

use std::thread;
use std::time::{Duration, Instant};

use terminate_tests::platform::CAUSE_AFTER_CAUGHT_PANIC;
use terminate_tests::{Child, Ended, Fixture, Outcome, Signal, kernel};

#[test]
fn force_after_lets_the_nth_further_signal_end_the_process_by_that_signal() {
    for n in 1..=3 {
        let mut child = Child::ready(&format!("slow {n} idle"));
        child.signal(Signal::TERM);
        child.expect("slow begins, SIGTERM");
        for _ in 1..n {
            child.signal(Signal::HUP);
            kernel::until_delivered(child.pid());
            child.send("ping");
            child.expect("pong");
        }
        child.signal(Signal::INT);
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::INT));
        assert_eq!(outcome.count("pong"), n - 1, "{outcome:#?}");
    }
}

#[test]
fn force_after_works_while_hooks_run_in_a_handler() {
    let mut child = Child::ready("forced safe");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.signal(Signal::HUP);
    child.finish().must_be(Ended::by(Signal::HUP), &["A SIGTERM"]);
}

#[test]
fn force_after_works_within_the_grace() {
    let mut child = Child::ready("forced grace");
    child.signal(Signal::TERM);
    child.expect("notified SIGTERM");
    child.signal(Signal::HUP);
    child.finish().must_be(Ended::by(Signal::HUP), &["notified SIGTERM"]);
}

const DEADLINE: Duration = Duration::from_millis(150);

#[track_caller]
fn past_the_deadline(kind: &str, end: &str, signal: Option<Signal>, cause: &str, ended: Ended) -> Outcome {
    let begun = Instant::now();
    let child = Child::ready(&format!("deadline {} {kind} {end}", DEADLINE.as_millis()));
    if let Some(signal) = signal {
        child.signal(signal);
    }
    let outcome = child.finish();
    // Of handler-safe hooks alone there are two.
    let names = if kind == "safe" { "CB" } else { "CBA" };
    let all: Vec<String> = names.chars().map(|name| format!("{name} {cause}")).collect();
    outcome.must_be(ended, &all.iter().map(String::as_str).collect::<Vec<_>>());
    outcome.must_complain("did not return within 150ms; going on without it");
    assert!(begun.elapsed() >= DEADLINE, "after {:?}", begun.elapsed());
    outcome
}

#[test]
fn at_the_deadline_a_message_names_the_hook() {
    let outcome = past_the_deadline("named", "idle", Some(Signal::TERM), "SIGTERM", Ended::by(Signal::TERM));
    outcome.must_complain("terminate: the hook \"the name of B\" made at ");
}

#[test]
fn at_the_deadline_a_message_says_where_a_hook_without_a_name_was_made() {
    let outcome = past_the_deadline("unnamed", "idle", Some(Signal::TERM), "SIGTERM", Ended::by(Signal::TERM));
    let line = outcome.events.iter().find_map(|event| event.strip_prefix("line ")).unwrap();
    outcome.must_complain(&format!("terminate: the hook made at tests/src/bin/fixture/config.rs:{line} did not"));
}

#[test]
fn at_the_deadline_the_process_ends_as_the_cause_says() {
    for signal in Signal::TERMINATION {
        let cause = format!("{signal}");
        past_the_deadline("named", "idle", Some(signal), &cause, Ended::by(signal));
        past_the_deadline("status", "idle", Some(signal), &cause, Ended::Code(65));
        past_the_deadline("safe", "idle", Some(signal), &cause, Ended::by(signal));
    }
    for (end, code) in [("return", 0), ("exit 3", 3), ("c-exit 3", 3), ("thread-exit 3", 3), ("terminate 3", 3)] {
        for kind in ["named", "status", "safe"] {
            past_the_deadline(kind, end, None, "exit", Ended::Code(code));
        }
    }
    past_the_deadline("named", "panic", None, "panic", Ended::Code(101));
}

#[test]
fn at_the_deadline_a_panic_that_aborts_stays_sigabrt() {
    let child = Fixture::new("deadline 150 named panic").whose_panics_abort().start();
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::ABRT), &["C panic", "B panic", "A panic"]);
    outcome.must_complain("the name of B");
}

#[test]
fn a_deadline_that_is_kept_is_not_heard_of() {
    for (end, signal, cause, ended) in
        [("idle", Some(Signal::TERM), "SIGTERM", Ended::by(Signal::TERM)), ("exit 3", None, "exit", Ended::Code(3))]
    {
        let mut child = Child::ready(&format!("deadline 3600000 waits {end}"));
        if let Some(signal) = signal {
            child.signal(signal);
        }
        child.expect(&format!("B {cause}"));
        child.send("go");
        let outcome = child.finish();
        outcome.must_be(ended, &[&format!("C {cause}"), &format!("B {cause}"), "B returns", &format!("A {cause}")]);
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn after_a_signal_a_timekeeper_supervises_the_runner_where_there_is_a_deadline() {
    let mut child = Child::ready("deadline 3600000 waits idle");
    child.signal(Signal::TERM);
    child.expect("B SIGTERM");
    // Main, and two threads by the 15 bytes that the kernel keeps of their names.
    let names = || kernel::of_threads(child.pid(), "Name").into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    // A thread has its parent's name for a moment.
    let limit = Instant::now() + Duration::from_secs(20);
    while names()[1..] != ["terminate", "terminate-timek"] {
        assert!(Instant::now() < limit, "{:?}", names());
        thread::yield_now();
    }
    child.send("go");
    child.finish().must_end(Ended::by(Signal::TERM));
}

#[test]
fn a_deadline_does_not_run_while_the_program_lives() {
    let mut child = Child::ready("deadline 1 waits line exit 3");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    // The hook's line; whether it comes in time is another question.
    child.send("go");
    child.finish().must_end(Ended::Code(3));
}

#[test]
fn with_the_policy_any_threads_panic_ends_the_process() {
    let outcome = Child::start("any-thread named-thread").finish();
    outcome.must_be(Ended::Code(101), &["B panic terminate", "A panic"]);
    outcome.must_complain("on purpose");
    let outcome = Child::start("any-thread thread-panic 3").finish();
    outcome.must_be(Ended::Code(101), &["B panic terminate", "A panic"]);
}

#[test]
fn with_the_policy_a_panic_of_main_ends_the_process_caught_or_not() {
    for end in ["panic", "caught-panic 3"] {
        let outcome = Child::start(&format!("any-thread {end}")).finish();
        outcome.must_be(Ended::Code(101), &["B panic terminate", "A panic"]);
    }
}

#[test]
fn with_the_policy_several_panics_at_once_run_each_hook_once() {
    for _ in 0..25 {
        let outcome = Child::start("any-thread threads").finish();
        outcome.must_be(Ended::Code(101), &["B panic terminate", "A panic"]);
    }
}

#[test]
fn with_the_policy_a_hooks_own_panic_lets_the_others_run_and_the_cause_decides() {
    let outcome = Child::start("any-thread hook-panics exit 3").finish();
    outcome.must_be(Ended::Code(3), &["B exit terminate", "A exit"]);
    outcome.must_complain("the hook \"clumsy\" made at ");
    let child = Child::ready("any-thread hook-panics idle");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["B SIGTERM terminate", "A SIGTERM"]);
    outcome.must_complain("the hook \"clumsy\" made at ");
}

#[test]
fn with_the_policy_a_panic_while_main_exits_waits_and_the_exit_keeps_its_code() {
    for (end, code) in [("return", 0), ("exit 3", 3), ("panic", 101)] {
        let cause = if end == "panic" { "panic" } else { "exit" };
        let mut child = Child::ready(&format!("any-thread during {end}"));
        child.expect("panics");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::Code(code));
        let hooks = [format!("slow {cause}"), "panics".to_owned(), "slow returns".to_owned()];
        let rest = [format!("B {cause} terminate"), format!("A {cause}")];
        assert_eq!(outcome.after_ready(), [&hooks[..], &rest].concat(), "{outcome:#?}");
    }
}

#[test]
fn with_the_policy_a_panic_while_a_signals_hooks_run_waits_and_the_signal_decides() {
    let mut child = Child::ready("any-thread during idle");
    child.signal(Signal::TERM);
    child.expect("panics");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let all = ["slow SIGTERM", "panics", "slow returns", "B SIGTERM terminate", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn without_the_policy_a_panic_elsewhere_ends_nothing() {
    for (end, cause) in [("thread-panic 3", "exit"), ("caught-panic 3", CAUSE_AFTER_CAUGHT_PANIC)] {
        let outcome = Child::start(&format!("hooks A B -- {end}")).finish();
        outcome.must_be(Ended::Code(3), &[&format!("B {cause}"), &format!("A {cause}")]);
    }
}

#[test]
fn a_second_configuration_is_refused_and_the_first_one_stays() {
    let mut child = Child::ready("installed-twice");
    let refusal = "a configuration is installed already: install one, early in main, and leave it at that";
    assert_eq!(child.events()[..2], ["true", refusal]);
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.signal(Signal::INT);
    child.finish().must_end(Ended::by(Signal::INT));
}

#[test]
fn at_the_deadline_a_hook_of_an_interrupt_is_abandoned_and_the_process_ends() {
    past_the_deadline("interrupt", "idle", Some(Signal::INT), "SIGINT", Ended::by(Signal::INT));
}

#[test]
fn g11_a_deadline_that_is_installed_during_an_end_is_refused() {
    for (end, ended) in [("exit 3", Ended::Code(3)), ("raise TERM", Ended::by(Signal::TERM))] {
        let outcome = Child::ready(&format!("installed-late {end}")).finish();
        outcome.must_be(ended, &["too late: true", "no limit: true"]);
    }
}
