//! G1: in every interleaving, a hook is called at most once; at an end that it requested, exactly once.

use terminate_tests::platform::CAUSE_AFTER_CAUGHT_PANIC;
use terminate_tests::{Child, Ended, Fixture, Outcome, Random, Signal, kernel};

#[track_caller]
fn both_run_once(end: &str, ended: Ended, cause: &str) {
    let outcome = Child::start(&format!("hooks A B -- {end}")).finish();
    outcome.must_be(ended, &[&format!("B {cause}"), &format!("A {cause}")]);
}

#[test]
fn g1_each_hook_runs_once_when_main_returns() {
    both_run_once("return", Ended::Code(0), "exit");
}

#[test]
fn g1_each_hook_runs_once_at_process_exit() {
    both_run_once("exit 3", Ended::Code(3), "exit");
}

#[test]
fn g1_each_hook_runs_once_at_the_c_librarys_exit() {
    both_run_once("c-exit 3", Ended::Code(3), "exit");
}

#[test]
fn g1_each_hook_runs_once_at_quick_exit() {
    both_run_once("quick-exit 3", Ended::Code(3), "exit");
}

#[test]
fn g1_each_hook_runs_once_when_another_thread_exits() {
    both_run_once("thread-exit 3", Ended::Code(3), "exit");
    both_run_once("thread-c-exit 3", Ended::Code(3), "exit");
}

#[test]
fn g1_each_hook_runs_once_at_terminate() {
    both_run_once("terminate 3", Ended::Code(3), "exit");
}

#[test]
fn g1_each_hook_runs_once_when_a_panic_leaves_main() {
    both_run_once("panic", Ended::Code(101), "panic");
}

#[test]
fn g1_a_panic_that_ends_nothing_is_no_cause() {
    both_run_once("caught-panic 4", Ended::Code(4), CAUSE_AFTER_CAUGHT_PANIC);
    both_run_once("thread-panic 4", Ended::Code(4), "exit");
}

#[test]
fn g1_no_hook_runs_where_nothing_of_the_process_can() {
    both_not_run("_exit 3", Ended::Code(3));
    both_not_run("abort", Ended::by(Signal::ABRT));
    let child = Child::ready("hooks A B -- idle");
    child.signal(Signal::KILL);
    child.finish().must_be(Ended::by(Signal::KILL), &[]);
}

#[track_caller]
fn both_not_run(end: &str, ended: Ended) {
    Child::start(&format!("hooks A B -- {end}")).finish().must_be(ended, &[]);
}

#[test]
fn g1_each_hook_runs_once_after_a_signal() {
    for signal in Signal::TERMINATION {
        let child = Child::ready("hooks A B -- idle");
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &[&format!("B {signal}"), &format!("A {signal}")]);
    }
}

#[test]
fn g1_handler_safe_hooks_run_once_without_a_runner() {
    for end in ["return", "exit 0"] {
        let outcome = Child::start(&format!("hooks A:safe B:safe -- {end}")).finish();
        outcome.must_be(Ended::Code(0), &["B exit", "A exit"]);
    }
    let child = Child::ready("hooks A:safe B:safe -- idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
}

#[test]
fn g1_hooks_of_both_kinds_run_in_one_pass() {
    let child = Child::ready("hooks A B:safe C:USR1 D:SEGV:safe -- idle");
    child.signal(Signal::TERM);
    let all = ["D SIGTERM", "C SIGTERM", "B SIGTERM", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

/// The cause of all hooks, if each ran once, and for the same one.
#[track_caller]
fn one_cause(outcome: &Outcome, names: &[&str]) -> String {
    let events = outcome.after_ready();
    let cause = events.first().and_then(|event| event.split_once(' ')).map_or("none", |(_, cause)| cause);
    let expected: Vec<String> = names.iter().map(|name| format!("{name} {cause}")).collect();
    assert_eq!(events, expected, "{outcome:#?}");
    cause.to_owned()
}

/// The first cause decides. An exit whose hooks have run can still be cut short by a signal, as without us.
#[track_caller]
fn ended_by_its_cause(outcome: &Outcome, cause: &str, codes: &[i32]) {
    let possible = match outcome.ended {
        Ended::Code(code) => cause == "exit" && codes.contains(&code),
        Ended::Signal { number, .. } => {
            cause == format!("{number}") || cause == "exit" && Signal::TERMINATION.contains(number)
        }
    };
    assert!(possible, "{outcome:#?}");
}

#[test]
fn g1_a_burst_of_signals_runs_each_hook_once() {
    for hooks in ["A B C", "A:safe B:safe C:safe"] {
        for round in 0..20_usize {
            let child = Child::ready(&format!("hooks {hooks} -- idle"));
            let signals = [Signal::INT, Signal::TERM, Signal::HUP];
            signals.iter().cycle().skip(round).take(3).for_each(|signal| child.signal(*signal));
            let outcome = child.finish();
            let cause = one_cause(&outcome, &["C", "B", "A"]);
            ended_by_its_cause(&outcome, &cause, &[]);
        }
    }
}

#[test]
fn g1_a_signal_that_races_with_an_exit_runs_each_hook_once() {
    let mut random = Random::seeded();
    let mut causes = Vec::new();
    for _ in 0..250 {
        let mut child = Child::ready(&format!("race-exit {}", random.below(20_000)));
        child.send("go");
        random.dawdle(40_000);
        child.signal(Signal::TERM);
        let outcome = child.finish();
        let cause = one_cause(&outcome, &["C", "B", "A"]);
        ended_by_its_cause(&outcome, &cause, &[7]);
        causes.push(cause);
    }
    println!("{} of 250 exited", causes.iter().filter(|cause| *cause == "exit").count());
}

#[test]
fn g1_threads_that_exit_at_once_and_a_signal_run_each_hook_once() {
    let mut random = Random::seeded();
    for round in 0..100 {
        let mut child = Child::ready(&format!("race-threads-exit {}", random.below(4_000)));
        child.send("go");
        if round % 2 == 0 {
            random.dawdle(40_000);
            child.signal(Signal::TERM);
        }
        let outcome = child.finish();
        let cause = one_cause(&outcome, &["C", "B", "A"]);
        ended_by_its_cause(&outcome, &cause, &[0, 7]);
    }
}

#[test]
fn g1_a_signal_in_the_middle_of_register_or_unregister_runs_the_others_once() {
    let mut random = Random::seeded();
    for _ in 0..60 {
        let child = Child::ready("race-register");
        random.dawdle(100_000);
        child.signal(Signal::TERM);
        let outcome = child.finish();
        assert_eq!(one_cause(&outcome, &["C", "B", "A"]), "SIGTERM");
        outcome.must_end(Ended::by(Signal::TERM));
    }
}

#[test]
fn g1_a_guard_whose_scope_ends_as_a_signal_comes_runs_its_function_once() {
    let mut random = Random::seeded();
    for round in 0..300 {
        let mut child = Child::ready(&format!("race-guard {}", random.below(10_000)));
        child.send("go");
        random.dawdle(30_000);
        child.signal(Signal::TERM);
        let outcome = child.finish();
        let by_scope = outcome.count("guard exit");
        let by_signal = outcome.count("guard SIGTERM");
        assert_eq!(by_scope + by_signal, 1, "in round {round}: {outcome:#?}");
        assert_eq!(outcome.count("A exit") + outcome.count("A SIGTERM"), 1, "in round {round}: {outcome:#?}");
    }
}

#[test]
fn g1_a_guards_function_that_has_begun_comes_to_its_end_before_a_signal_ends_the_process() {
    let mut child = Child::ready("guard-in-the-middle");
    child.expect("guard begins, exit");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish().must_be(Ended::by(Signal::TERM), &["guard begins, exit", "A SIGTERM", "guard ends"]);
}

#[test]
fn g1_a_signal_that_every_thread_blocks_waits_and_one_open_thread_is_enough() {
    for open_in in ["main", "other"] {
        let child = Child::ready(&format!("blocked-but-in-one {open_in}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    }
    let mut child = Child::ready("blocked-but-in-one none");
    child.signal(Signal::TERM);
    assert!(kernel::signal_pending(child.pid()), "neither main nor the runner takes it");
    child.send("go");
    child.finish().must_be(Ended::Code(7), &["A exit"]);
}

#[test]
fn g1_a_process_that_inherits_a_blocked_signal_keeps_it_blocked() {
    let mut child = Fixture::new("hooks A -- line exit 7").blocking(&[Signal::TERM]).start();
    child.expect("ready");
    child.signal(Signal::TERM);
    child.send("go");
    child.finish().must_be(Ended::Code(7), &["A exit"]);
}

#[test]
fn g1_main_that_exits_while_the_runner_runs_hooks_waits_for_them_and_the_signal_decides() {
    for how in ["exit 7", "c-exit 7", "return", "thread-exit 7"] {
        let mut child = Child::ready(&format!("exit-during-signal - {how}"));
        child.signal(Signal::TERM);
        child.expect("main is in exit");
        child.send("go");
        let all = ["slow begins, SIGTERM", "main is in exit", "slow ends", "A SIGTERM"];
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn g1_main_that_exits_while_the_runner_runs_hooks_does_not_lock_out_an_exit_by_code() {
    for how in ["exit 7", "c-exit 7", "return", "quick-exit 7"] {
        let mut child = Child::ready(&format!("exit-during-signal 66 {how}"));
        child.signal(Signal::TERM);
        child.expect("slow begins, SIGTERM");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::Code(66));
        outcome.must_say_once("slow ends");
        outcome.must_say_once("A SIGTERM");
    }
}

#[test]
fn g1_signals_while_an_exit_runs_hooks_change_nothing() {
    for how in ["exit 7", "return", "thread-exit 7", "panic"] {
        let mut child = Child::ready(&format!("signal-during-exit {how}"));
        let cause = child.expect_value("slow begins, ");
        for signal in Signal::TERMINATION {
            child.signal(signal);
        }
        child.send("go");
        let outcome = child.finish();
        assert_eq!(outcome.after_ready()[1..], ["slow ends".to_owned(), format!("A {cause}")], "{outcome:#?}");
        let code = [("exit", 7), ("return", 0), ("thread-exit", 7), ("panic", 101)];
        let (_, code) = code.iter().find(|(name, _)| how.starts_with(name)).unwrap();
        outcome.must_end(Ended::Code(*code));
    }
}

#[test]
fn g1_a_thread_that_exits_while_main_runs_hooks_waits_and_the_first_decides() {
    for (how, code) in [("return", 0), ("exit 4", 4), ("c-exit 4", 4)] {
        let mut child = Child::ready(&format!("two-exits {how}"));
        child.expect("thread 1");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        child.finish().must_be(Ended::Code(code), &["B begins", "thread 1", "B ends", "A exit"]);
    }
}
