//! The fixture under `panic = "abort"`: the panic hook is the last code that runs (trap 8).

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal, kernel};

fn run(scenario: &str) -> Outcome {
    start(scenario).finish()
}

fn start(scenario: &str) -> Child {
    Fixture::new(scenario).whose_panics_abort().start()
}

#[test]
fn g1_a_panic_in_main_runs_each_hook_once_and_stays_sigabrt() {
    let outcome = run("hooks A B -- panic");
    outcome.must_be(Ended::by(Signal::ABRT), &["B panic", "A panic"]);
    outcome.must_complain("on purpose");
}

#[test]
fn g1_a_panic_in_a_thread_runs_each_hook_once_and_stays_sigabrt() {
    for end in ["thread-panic 3", "caught-panic 3"] {
        run(&format!("hooks A B -- {end}")).must_be(Ended::by(Signal::ABRT), &["B panic", "A panic"]);
    }
}

#[test]
fn g1_handler_safe_hooks_run_at_a_panic_that_aborts_too() {
    run("hooks A:safe B:safe -- panic").must_be(Ended::by(Signal::ABRT), &["B panic", "A panic"]);
}

#[test]
fn g9_the_previous_panic_hook_is_called_once_and_before_the_hooks() {
    let outcome = run("previous-panic-hook panic");
    outcome.must_be(Ended::by(Signal::ABRT), &["previous panic hook: on purpose", "B panic", "A panic"]);
}

#[test]
fn g1_a_panic_that_aborts_where_the_abort_is_requested_too_runs_each_hook_once() {
    for specs in ["A B:ABRT", "A:safe B:ABRT:safe"] {
        run(&format!("hooks {specs} -- panic")).must_be(Ended::by(Signal::ABRT), &["B panic", "A panic"]);
    }
}

#[test]
fn g1_a_hook_that_panics_lets_the_others_run_and_the_exit_keeps_its_code() {
    for (end, code) in [("return", 0), ("exit 3", 3)] {
        let outcome = run(&format!("hook-panics {end}"));
        outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
        outcome.must_complain("the name of B");
    }
}

#[test]
fn g1_a_hook_that_panics_after_a_signal_lets_the_others_run_and_the_signal_decides() {
    let mut child = start("hook-panics idle");
    child.expect("ready");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
}

#[test]
fn g1_hooks_that_panic_one_after_the_other_let_the_others_run() {
    run("hooks-panic exit 3").must_be(Ended::Code(3), &["C exit", "B exit", "A exit"]);
    let mut child = start("hooks-panic idle");
    child.expect("ready");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
}

#[test]
fn g1_a_hook_that_panics_while_a_panic_ends_the_program_lets_the_others_run() {
    run("hook-panics panic").must_be(Ended::by(Signal::ABRT), &["C panic", "B panic", "A panic"]);
}

#[test]
fn g1_a_panic_in_a_thread_while_main_exits_runs_each_hook_once() {
    for end in ["return", "exit 3"] {
        let mut child = start(&format!("thread-panic-during-exit {end}"));
        child.expect("thread panics");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        // The exit was first, and the panicking thread waits for it.
        let code = if end == "return" { 0 } else { 3 };
        outcome.must_be(Ended::Code(code), &["B begins", "thread panics", "B ends", "A exit"]);
    }
}

#[test]
fn g1_a_panic_in_main_while_the_runner_runs_hooks_waits_for_them_and_the_signal_decides() {
    let mut child = start("exit-during-signal - panic");
    child.expect("ready");
    child.signal(Signal::TERM);
    child.expect("slow begins, SIGTERM");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["slow begins, SIGTERM", "slow ends", "A SIGTERM"]);
}

#[test]
fn g8_signals_and_exits_keep_their_status_where_panics_abort() {
    let mut child = start("hooks A B -- idle");
    child.expect("ready");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    run("hooks A B -- exit 3").must_be(Ended::Code(3), &["B exit", "A exit"]);
}

#[test]
fn g1_a_hook_that_aborts_after_another_one_has_panicked_lets_handler_safe_hooks_run() {
    let mut child = start("panics-and-aborts");
    child.expect("ready");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::ABRT), &["C SIGTERM", "B SIGTERM", "S SIGTERM"]);
}

// The previous handler of the abort takes its time. No other thread ends the process meanwhile.
#[test]
fn g8_a_hook_that_aborts_in_an_exit_ends_the_process_by_it_and_runs_handler_safe_hooks() {
    for (specs, hooks) in [
        ("S:safe A B:aborts", &["B exit", "S exit"][..]),
        ("S:safe A B:aborts C:panics", &["C exit", "B exit", "S exit"]),
        ("S:safe A B:aborts C:exits", &["C exit", "B exit", "S exit"]),
    ] {
        let mut child = start(&format!("lost-runners {specs} -- exit 3"));
        child.expect("previous 6");
        // Or it has ended.
        kernel::until_all_asleep(child.pid());
        child.send("go");
        child.finish().must_be(Ended::by(Signal::ABRT), &[hooks, &["previous 6"]].concat());
    }
}

#[test]
fn g1_a_hook_that_exits_after_another_one_has_panicked_lets_the_others_run() {
    let outcome = run("lost-runners A B:exits C:panics -- exit 3");
    outcome.must_be(Ended::Code(3), &["C exit", "B exit", "A exit"]);
}

#[test]
fn trap_12_a_runner_that_panics_as_it_starts_is_not_waited_for() {
    for end in ["idle", "exit 3"] {
        let outcome = run(&format!("trap-runner-dies panic {end}"));
        // The first cause decides.
        let is_exit = end == "exit 3" && outcome.count("A exit") == 1;
        let (ended, cause) = if is_exit { (Ended::Code(3), "exit") } else { (Ended::by(Signal::ABRT), "panic") };
        outcome.must_end(ended);
        assert_eq!(outcome.events, ["B", "A"].map(|name| format!("{name} {cause}")), "{outcome:#?}");
    }
}
