//! Trap 1: exits that meet a signal's hooks, each other, or an exit of a hook. The first cause decides, hooks run once.

use std::collections::BTreeMap;

use terminate_tests::{Child, Ended, Outcome, Random, Signal, kernel};

/// How a child may end, and the code with which it then does. `two` is both main and a thread.
const ENDS: [(&str, i32); 4] = [("exit 7", 7), ("return", 0), ("thread-exit 7", 7), ("two exit 7", 7)];

/// The same around Rust's own.
const C_ENDS: [(&str, i32); 5] =
    [("c-exit 7", 7), ("thread-c-exit 7", 7), ("two c-exit 7", 7), ("quick-exit 7", 7), ("two quick-exit 7", 7)];

/// The cause that all three hooks got, in order, once.
#[track_caller]
fn cause_of(outcome: &Outcome) -> String {
    let events = outcome.after_ready();
    let cause = events.first().and_then(|event| event.split_once(' ')).map_or("none", |(_, cause)| cause);
    assert_eq!(events, ["C", "B", "A"].map(|name| format!("{name} {cause}")), "{outcome:#?}");
    cause.to_owned()
}

/// Children that exit in each way while a signal comes: either is first for sure, once, and then with delays such that either
/// may be first, or in the middle of the other one's hooks.
fn races(ends: &[(&str, i32)], status: &str, by_signal: Ended, rounds: usize) {
    let mut random = Random::seeded();
    let mut tally = BTreeMap::<String, usize>::new();
    for round in 0..rounds {
        let (end, code) = ends[round % ends.len()];
        let (before, within) = (random.below(30_000), random.below(10_000));
        let mut child = Child::ready(&format!("trap-race {status} {before} {within} {end}"));
        match round / ends.len() {
            0 => {
                child.signal(Signal::TERM);
                child.expect("C SIGTERM");
                child.send("go");
            }
            1 => {
                child.send("go");
                child.expect("C exit");
                child.signal(Signal::TERM);
            }
            _ => {
                child.send("go");
                random.dawdle(60_000);
                child.signal(Signal::TERM);
            }
        }
        let outcome = child.finish();
        let cause = cause_of(&outcome);
        match cause.as_str() {
            "SIGTERM" => outcome.must_end(by_signal),
            // After the hooks of an exit, the rest of it can be cut short by a signal, as without us.
            "exit" if outcome.ended == Ended::by(Signal::TERM) => {}
            "exit" => outcome.must_end(Ended::Code(code)),
            other => panic!("{other}: {outcome:#?}"),
        }
        *tally.entry(format!("{end}, by {cause}: {:?}", outcome.ended)).or_default() += 1;
    }
    // How many each won depends on the machine: for the reader.
    for (what, count) in &tally {
        println!("{count:4} {what}");
    }
}

#[test]
fn trap_01_an_exit_and_a_signal_that_race_run_each_hook_once_and_the_first_decides() {
    races(&ENDS, "signal", Ended::by(Signal::TERM), 720);
}

// Not with an exit code of the signal's: then the runner is in `exit` too, and of two threads in there, glibc before 2.41
// lets the faster one decide (C17 7.22.4.4 has it undefined).
#[test]
fn trap_01_the_c_librarys_exit_and_a_signal_that_race_run_each_hook_once_and_the_first_decides() {
    races(&C_ENDS, "signal", Ended::by(Signal::TERM), 360);
}

#[test]
fn trap_01_an_exit_and_a_signal_that_counts_as_success_race_and_the_first_decides() {
    races(&ENDS, "success", Ended::Code(0), 600);
}

#[test]
fn trap_01_an_exit_and_a_signal_with_a_code_of_its_own_race_and_the_first_decides() {
    races(&ENDS, "66", Ended::Code(66), 600);
}

/// Main, or a thread, is in exit and waits for the runner, when a hook there exits too.
#[track_caller]
fn both_exit(how: &str, in_hook: &str) {
    let mut child = Child::ready(&format!("trap-both-exit {how} -- {in_hook}"));
    child.signal(Signal::TERM);
    child.expect("a thread is in exit");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let all = ["C SIGTERM", "B SIGTERM", "a thread is in exit", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

// Rust lets one thread into `process::exit`, and has every other one wait for ever.
#[test]
fn trap_01_a_hook_that_calls_process_exit_while_the_program_is_in_it_does_not_deadlock() {
    for how in ["exit 7", "return", "c-exit 7", "thread-exit 7"] {
        both_exit(how, "exit 9");
    }
}

// glibc calls each exit handler once, and since 2.41 lets one thread into `exit`.
#[test]
fn trap_01_a_hook_that_calls_the_c_librarys_exit_while_the_program_is_in_it_lets_the_others_run() {
    for how in ["exit 7", "return", "c-exit 7", "thread-c-exit 7"] {
        both_exit(how, "c-exit 9");
    }
}

#[test]
fn trap_01_a_hook_that_calls_quick_exit_while_the_program_is_in_exit_lets_the_others_run() {
    for how in ["exit 7", "return"] {
        both_exit(how, "quick-exit 9");
    }
}

#[test]
fn trap_01_a_hook_of_an_interrupt_that_exits_while_the_program_does_does_not_deadlock() {
    for (how, in_hook) in [("exit 7", "exit 9"), ("return", "terminate 9"), ("c-exit 7", "c-exit 9")] {
        let mut child = Child::ready(&format!("trap-interrupt-exits {how} -- {in_hook}"));
        child.signal(Signal::INT);
        child.expect("a thread is in exit");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_say_once("A exit");
        // Both are exits. Which of them ends the process is for the C library to decide.
        let codes = if how == "return" { [0, 9] } else { [7, 9] };
        assert!(codes.map(Ended::Code).contains(&outcome.ended), "{outcome:#?}");
    }
}

/// Main, in exit, looks again and again whether the runner is caught there: twice is enough to see it.
#[track_caller]
fn until_main_has_looked(child: &Child) {
    let looked = || {
        let looked = kernel::of_threads(child.pid(), "voluntary_ctxt_switches");
        looked.first().and_then(|(_, times)| times.parse::<u64>().ok()).expect("main is there")
    };
    let before = looked();
    kernel::until("main has looked several times", || looked() >= before + 5);
}

#[test]
fn trap_01_a_hook_that_takes_its_time_while_the_program_is_in_exit_is_waited_for() {
    for how in ["exit 7", "c-exit 7"] {
        let mut child = Child::ready(&format!("trap-both-exit {how} -- returns"));
        child.signal(Signal::TERM);
        child.expect("a thread is in exit");
        until_main_has_looked(&child);
        child.send("go");
        let all = ["C SIGTERM", "B SIGTERM", "a thread is in exit", "B returns", "A SIGTERM"];
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn trap_01_a_previous_handler_that_calls_process_exit_while_the_program_is_in_it_does_not_deadlock() {
    for (how, code) in [("exit 7", 7), ("return", 0), ("thread-exit 7", 7)] {
        let mut child = Child::ready(&format!("trap-both-exit {how} -- previous"));
        child.signal(Signal::TERM);
        child.expect("a thread is in exit");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let all = ["C SIGTERM", "B SIGTERM", "a thread is in exit", "B returns", "A SIGTERM", "previous exits"];
        child.finish().must_be(Ended::Code(code), &all);
    }
}

// Another thread that calls `process::exit` is in `pause(2)` too.
#[test]
fn trap_01_a_hook_that_pauses_while_the_program_is_in_exit_is_waited_for() {
    let mut child = Child::ready("trap-pauses");
    child.signal(Signal::TERM);
    child.expect("a thread is in exit");
    until_main_has_looked(&child);
    child.send("go");
    let all = ["B SIGTERM", "a thread is in exit", "B returns", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn trap_01_a_hook_that_comes_back_after_its_deadline_runs_no_other_hook() {
    let child = Child::ready("trap-comes-back");
    child.signal(Signal::TERM);
    // The last one is not for the thread that came back.
    let all = ["B SIGTERM", "A SIGTERM", "B returns", "A ends", "Z SIGTERM"];
    let outcome = child.finish();
    // Main has returned, and a previous handler is there.
    outcome.must_be(Ended::Code(0), &all);
    // Of the previous handler. Nothing more is said of the hook that came back, and is freed.
    outcome.must_complain("terminate: cleanup did not return within 1s; going on without it");
}

#[test]
fn trap_01_a_hook_that_aborts_after_a_runner_was_lost_lets_handler_safe_hooks_run() {
    for how in ["exit 7", "return", "thread-exit 7"] {
        let mut child = Child::ready(&format!("trap-successor-aborts {how}"));
        child.signal(Signal::TERM);
        child.expect("a thread is in exit");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let all = ["C SIGTERM", "B SIGTERM", "a thread is in exit", "A SIGTERM", "Z SIGTERM"];
        child.finish().must_be(Ended::by(Signal::ABRT), &all);
    }
}

// rust-lang/rust#161018: the runtime frees main's alternate stack, in which the signal would arrive.
#[test]
fn trap_01_a_signal_that_hits_main_while_another_threads_exit_runs_hooks_changes_nothing() {
    for who in ["main", "thread"] {
        for _ in 0..10 {
            let mut child = Child::ready(&format!("trap-exit-elsewhere {who}"));
            child.expect("slow exit");
            for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
                child.signal(signal);
            }
            kernel::until_delivered(child.pid());
            child.send("go");
            child.finish().must_be(Ended::Code(3), &["slow exit", "slow ends", "A exit"]);
        }
    }
}
