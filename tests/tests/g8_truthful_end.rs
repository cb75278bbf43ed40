//! G8: the parent sees the end that it would see without us, unless a hook says otherwise.

use terminate_tests::platform::CAUSE_AFTER_CAUGHT_PANIC;
use terminate_tests::{Child, Ended, Fixture, Signal, os, skipped};

/// Every signal that ends a process and that an ordinary hook may request, without a core or with one.
fn ending_signals() -> impl Iterator<Item = Signal> {
    // 16 is `SIGSTKFLT`, 30 `SIGPWR`: Linux has them, and they have no names here.
    let standard = [1, 2, 3, 10, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30].map(Signal::from_raw);
    // Some C libraries keep one more for themselves.
    let real_time = [0, 1, 7, 29, 30].into_iter().filter_map(Signal::real_time);
    standard.into_iter().chain(real_time)
}

#[test]
fn g8_the_process_dies_by_the_very_signal_that_it_got() {
    for signal in ending_signals() {
        let number = signal.as_raw();
        for kind in ["", ":safe"] {
            let child = Child::ready(&format!("hooks A:{number}{kind} -- idle"));
            child.signal(signal);
            child.finish().must_be(Ended::by(signal), &[&format!("A {signal}")]);
            let child = Child::start(&format!("hooks A:{number}{kind} -- raise {number}"));
            child.finish().must_be(Ended::by(signal), &[&format!("A {signal}")]);
        }
    }
}

#[test]
fn g8_the_core_flag_is_that_of_a_process_without_us() {
    let directory = tempfile::tempdir().unwrap();
    let end = |scenario: &str, signal: Signal| {
        let mut child = Fixture::new(scenario).with_core(directory.path()).start();
        child.expect("ready");
        child.signal(signal);
        child.finish()
    };
    for signal in [Signal::QUIT, Signal::ABRT, Signal::XCPU, Signal::XFSZ, Signal::TERM] {
        let number = signal.as_raw();
        let without_us = end("none idle", signal);
        for kind in ["", ":safe"] {
            let outcome = end(&format!("hooks A:{number}{kind} -- idle"), signal);
            outcome.must_be(without_us.ended, &[&format!("A {signal}")]);
        }
    }
}

#[test]
fn g8_an_exit_keeps_its_code() {
    for code in [0, 3, 255] {
        for end in ["exit", "c-exit", "quick-exit", "thread-c-exit", "terminate"] {
            let outcome = Child::start(&format!("hooks A A:safe B:TERM:status=66 -- {end} {code}")).finish();
            outcome.must_be(Ended::Code(code), &["B exit", "A exit", "A exit"]);
        }
    }
}

#[test]
fn g8_an_exit_keeps_its_code_if_a_signal_comes_as_the_last_hook_returns() {
    for (end, code) in [("exit 3", 3), ("return", 0), ("panic", 101)] {
        for _ in 0..20 {
            let outcome = Child::start(&format!("signal-as-the-last-hook-returns {end}")).finish();
            outcome.must_end(Ended::Code(code));
        }
    }
}

#[test]
fn g8_an_exit_code_stays_if_another_signal_comes_in_an_exit_handler() {
    let outcome = Child::ready("signal-in-an-exit-handler").finish();
    outcome.must_be(Ended::Code(33), &["A SIGUSR1", "exit handler returns"]);
}

#[test]
fn g8_a_panic_of_main_stays_101() {
    Child::start("hooks A:TERM:status=66 -- panic").finish().must_be(Ended::Code(101), &["A panic"]);
}

#[test]
fn g8_an_exit_with_101_is_no_panic_and_a_caught_panic_no_end() {
    Child::start("hooks A -- exit 101").finish().must_be(Ended::Code(101), &["A exit"]);
    let caught = Child::start("hooks A -- caught-panic 3").finish();
    caught.must_be(Ended::Code(3), &[&format!("A {CAUSE_AFTER_CAUGHT_PANIC}")]);
}

#[test]
fn g8_an_abort_that_no_hook_requested_stays_one() {
    Child::start("hooks A -- abort").finish().must_be(Ended::by(Signal::ABRT), &[]);
}

#[test]
fn g8_an_abort_runs_the_hooks_first_if_one_requested_it() {
    for specs in ["A B:ABRT", "A:safe B:ABRT:safe"] {
        let outcome = Child::start(&format!("hooks {specs} -- abort")).finish();
        outcome.must_be(Ended::by(Signal::ABRT), &["B SIGABRT", "A SIGABRT"]);
        let child = Child::ready(&format!("hooks {specs} -- idle"));
        child.signal(Signal::ABRT);
        child.finish().must_be(Ended::by(Signal::ABRT), &["B SIGABRT", "A SIGABRT"]);
    }
}

#[test]
fn g8_an_abort_in_a_hook_ends_by_it() {
    let child = Child::ready("hook-ends abort -- idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::ABRT), &["C SIGTERM", "B SIGTERM"]);
    let child = Child::ready("hook-ends abort -- requested-abort");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::ABRT));
    assert_eq!(outcome.after_ready()[..3], ["on abort SIGTERM", "C SIGTERM", "B SIGTERM"], "{outcome:#?}");
}

#[test]
fn g8_a_panic_while_panicking_stays_sigabrt() {
    let outcome = Child::start("panic-while-panicking").finish();
    outcome.must_be(Ended::by(Signal::ABRT), &["on abort panic", "A panic"]);
}

#[track_caller]
fn term_ends(specs: &str, ended: Ended) {
    let child = Child::ready(&format!("hooks {specs} -- idle"));
    child.signal(Signal::TERM);
    child.finish().must_end(ended);
}

#[test]
fn g8_a_hook_can_say_how_the_process_ends_after_its_signal() {
    for kind in ["", ":safe"] {
        term_ends(&format!("A{kind}"), Ended::by(Signal::TERM));
        term_ends(&format!("A{kind}:status=signal"), Ended::by(Signal::TERM));
        term_ends(&format!("A{kind}:status=signal"), Ended::by(Signal::TERM));
        term_ends(&format!("A{kind}:status=success"), Ended::Code(0));
        term_ends(&format!("A{kind}:status=success"), Ended::Code(0));
        term_ends(&format!("A{kind}:status=66"), Ended::Code(66));
        term_ends(&format!("A{kind}:status=255"), Ended::Code(255));
        term_ends(&format!("A{kind}:status=number"), Ended::Code(15));
        term_ends(&format!("A{kind}:status=shell"), Ended::Code(143));
    }
}

#[test]
fn g8_an_explicit_status_beats_a_default_one() {
    term_ends("A B:status=66", Ended::Code(66));
    term_ends("A:status=66 B", Ended::Code(66));
    term_ends("A:safe B:safe:status=66", Ended::Code(66));
}

#[test]
fn g8_of_explicit_statuses_the_one_registered_first_decides() {
    term_ends("A:status=66 B:status=67 C:status=68", Ended::Code(66));
    term_ends("A B:last:status=67 C:first:status=68", Ended::Code(67));
    term_ends("A:status=signal B:status=67", Ended::by(Signal::TERM));
    // The slot of A is used again, by the youngest.
    term_ends("A:status=66 B:status=67 -A C:status=68", Ended::Code(67));
}

#[test]
fn g8_a_hook_that_is_gone_has_no_say_any_more() {
    term_ends("A:status=66 B:status=67 -A", Ended::Code(67));
    term_ends("A:status=66 B -A", Ended::by(Signal::TERM));
}

#[test]
fn g8_a_hook_has_no_say_in_signals_that_it_did_not_ask_for() {
    term_ends("A:USR1:status=66 B", Ended::by(Signal::TERM));
    term_ends("A:USR1:status=66 B:TERM:status=67", Ended::Code(67));
}

#[test]
fn g8_a_signal_that_ends_no_process_by_default_gives_the_shells_code() {
    for signal in [Signal::WINCH, Signal::TSTP, Signal::URG, Signal::TTIN, Signal::CHLD, Signal::CONT] {
        let number = signal.as_raw();
        for kind in ["", ":safe"] {
            let child = Child::ready(&format!("hooks A:{number}{kind} -- idle"));
            child.signal(signal);
            child.finish().must_be(Ended::Code(128 + number), &[&format!("A {signal}")]);
        }
    }
}

#[test]
fn g8_a_signal_whose_hooks_are_gone_does_what_it_did_before() {
    let child = Child::ready("hooks A:USR1 B:TERM -A -- idle");
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::USR1), &[]);

    let mut child = Child::ready("hooks A:WINCH+CHLD B:TERM -A -- line exit 4");
    child.signal(Signal::WINCH);
    child.signal(Signal::CHLD);
    child.send("go");
    child.finish().must_be(Ended::Code(4), &["B exit"]);

    let mut child = Fixture::new("hooks A:TSTP B:TERM -A -- line exit 4").in_a_group_of_its_own().start().until_ready();
    for _ in 0..2 {
        child.signal(Signal::TSTP);
        os::wait_for_stop(child.pid());
        child.signal(Signal::CONT);
    }
    child.send("go");
    child.finish().must_be(Ended::Code(4), &["B exit"]);
}

#[test]
fn g8_a_process_that_was_stopped_and_continued_ends_by_its_signal() {
    let child = Child::ready("hooks A -- idle");
    child.signal(Signal::STOP);
    os::wait_for_stop(child.pid());
    child.signal(Signal::TERM);
    child.signal(Signal::CONT);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

/// What process 1 of a new namespace ends with; `None`, and why, if the kernel gives us none.
fn as_process_1(scenario: &str, signal: Option<Signal>) -> Option<(Vec<String>, String)> {
    let mut child = Child::start(&format!("init {scenario}"));
    let first = child.expect_value("");
    if let Some(refusal) = first.strip_prefix("refused: ") {
        skipped(&format!("no new process namespace here: {refusal}"));
        return None;
    }
    // Process 1 and its parent speak at once.
    let pid = match first.strip_prefix("child ") {
        Some(pid) => {
            child.expect("ready");
            pid.to_owned()
        }
        None => child.expect_value("child "),
    };
    if let Some(signal) = signal {
        os::kill(pid.parse().unwrap(), signal);
    }
    let outcome = child.finish();
    outcome.must_end(Ended::Code(0));
    let parents = format!("child {pid}");
    let events = outcome.after_ready().into_iter().filter(|event| *event != parents);
    let mut events: Vec<String> = events.map(str::to_owned).collect();
    let end = events.pop().unwrap_or_default();
    Some((events, end))
}

#[test]
fn g8_process_1_ends_with_the_shells_code() {
    for kind in ["", ":safe"] {
        let Some((events, end)) = as_process_1(&format!("hooks A:TERM+QUIT{kind} -- idle"), Some(Signal::TERM)) else {
            return;
        };
        assert_eq!((events, end), (vec!["A SIGTERM".to_owned()], "child ended: Code(143)".to_owned()));
    }
    let Some((events, end)) = as_process_1("hooks A:TERM:status=66 -- idle", Some(Signal::TERM)) else { return };
    assert_eq!((events, end), (vec!["A SIGTERM".to_owned()], "child ended: Code(66)".to_owned()));
    let Some((events, end)) = as_process_1("hooks A -- exit 3", None) else { return };
    assert_eq!((events, end), (vec!["A exit".to_owned()], "child ended: Code(3)".to_owned()));
}
