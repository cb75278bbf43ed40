//! Registering while the process is ending, and guards whose scope ends as a signal comes.

use terminate_tests::{Child, Ended, Random, Signal, kernel};

#[test]
fn a_hook_that_is_registered_while_hooks_run_takes_part_at_once() {
    let expected = |cause: &str| ["B", "E", "C", "D", "A"].map(|name| format!("{name} {cause}"));
    for (end, code) in [("return", 0), ("exit 3", 3), ("thread-exit 3", 3), ("terminate 3", 3)] {
        let outcome = Child::start(&format!("late-in-a-hook {end}")).finish();
        outcome.must_be(Ended::Code(code), &expected("exit").each_ref().map(String::as_str));
    }
    let outcome = Child::start("late-in-a-hook panic").finish();
    outcome.must_be(Ended::Code(101), &expected("panic").each_ref().map(String::as_str));
    let child = Child::ready("late-in-a-hook idle");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &expected("SIGTERM").each_ref().map(String::as_str));
}

#[test]
fn a_hook_that_is_registered_when_all_have_run_is_refused_and_handed_back_whole() {
    let rest = ["too late: true", "too late again: true", "freed", "after"];
    for (end, code, cause) in [("return", 0, "A exit"), ("exit 3", 3, "A exit"), ("panic", 101, "A panic")] {
        let outcome = Child::start(&format!("late-after {end}")).finish();
        outcome.must_be(Ended::Code(code), &[&[cause], &rest[..]].concat());
    }
    // After a signal, exit handlers run if the process ends with a code.
    let child = Child::ready("late-after idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(9), &[&["A SIGTERM"], &rest[..]].concat());
}

#[test]
fn every_hook_that_threads_register_as_the_process_ends_runs_or_is_refused() {
    let mut random = Random::seeded();
    for round in 0..150 {
        let outcome = if round % 2 == 0 {
            let child = Child::ready("late-threads idle");
            random.dawdle(100_000);
            child.signal(Signal::TERM);
            child.finish()
        } else {
            Child::start("late-threads exit 9").finish()
        };
        outcome.must_end(Ended::Code(9));
        outcome.must_say_once("all that were registered ran: true");
    }
}

#[test]
fn a_hook_that_is_registered_when_the_others_have_run_is_not_cut_short_by_an_exit() {
    // A previous handler is there, so the program may end in its own way.
    for (how, code) in [("exit 7", 7), ("return", 0), ("c-exit 7", 7), ("thread-exit 7", 7), ("quick-exit 7", 7)] {
        let mut child = Child::ready(&format!("late-and-slow {how}"));
        child.signal(Signal::TERM);
        child.expect("slow SIGTERM");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let all = ["A SIGTERM", "previous", "slow SIGTERM", "slow ends"];
        child.finish().must_be(Ended::Code(code), &all);
    }
}

#[track_caller]
fn guard_rounds(kind: &str) {
    let outcome = Child::start(&format!("guard-rounds {kind} 10000")).finish();
    outcome.must_say_once("0 rounds of 10000 not exactly once");
    // How many each side won depends on the machine: for the reader.
    println!("{:#?}", outcome.events);
    outcome.must_end(Ended::Code(0));
}

#[test]
fn a_guard_that_is_dropped_as_a_signal_comes_runs_exactly_once_in_10000_rounds() {
    guard_rounds("ordinary");
}

#[test]
fn a_handler_safe_guard_that_is_dropped_as_a_signal_comes_runs_exactly_once_in_10000_rounds() {
    guard_rounds("safe");
}

#[test]
fn a_guard_that_is_dropped_as_a_signal_ends_the_process_runs_exactly_once() {
    let mut random = Random::seeded();
    let (mut by_scope, mut by_signal) = (0, 0);
    for _ in 0..400 {
        let mut child = Child::ready(&format!("race-guard {}", random.below(30_000)));
        child.send("go");
        random.dawdle(60_000);
        child.signal(Signal::TERM);
        let outcome = child.finish();
        let guard: Vec<&str> = outcome.after_ready().into_iter().filter(|event| event.starts_with("guard ")).collect();
        match guard[..] {
            ["guard exit"] => by_scope += 1,
            ["guard SIGTERM"] => by_signal += 1,
            _ => panic!("{outcome:#?}"),
        }
        assert_eq!(outcome.count("A exit") + outcome.count("A SIGTERM"), 1, "{outcome:#?}");
    }
    println!("{by_scope} by the scope, {by_signal} by the signal");
}

#[test]
fn g2_a_hook_that_is_registered_while_a_handler_runs_the_others_takes_part_if_it_is_handler_safe() {
    for (kind, registered) in [("safe", true), ("ordinary", false)] {
        let expected = |cause: &str| {
            let late = registered.then(|| format!("late {cause}"));
            let hooks = [format!("A {cause}"), format!("registered: {registered}")];
            hooks.into_iter().chain(late).chain([format!("B {cause}")]).collect::<Vec<_>>()
        };
        let child = Child::ready(&format!("late-in-a-handler hooks {kind}"));
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::TERM));
        assert_eq!(outcome.after_ready(), expected("SIGTERM"), "{outcome:#?}");

        let mut child = Child::ready(&format!("late-in-a-handler hooks {kind} line abort"));
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::by(Signal::ABRT));
        assert_eq!(outcome.after_ready(), expected("SIGABRT"), "{outcome:#?}");
    }
}

#[test]
fn a_hook_that_is_registered_while_a_handler_calls_the_previous_one_runs_if_it_is_handler_safe() {
    for (kind, late) in [("safe", &["registered: true", "late SIGTERM"][..]), ("ordinary", &["registered: false"])] {
        let child = Child::ready(&format!("late-in-a-handler previous {kind}"));
        child.signal(Signal::TERM);
        let all = [&["A SIGTERM", "B SIGTERM", "previous 15"], late].concat();
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn g6_a_thread_that_is_suspended_as_it_takes_a_signal_over_hides_no_other_threads_hook() {
    let mut child = Child::start("trap-suspended");
    child.expect("suspended");
    child.send("go");
    child.expect("ready");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "first SIGTERM"]);
}
