//! Functions run on normal exit and on an exception always, and on the signals that were chosen; with their arguments.

use terminate_tests::{Child, Ended, Signal, disturb_a_slow_hook, kernel};

#[test]
fn a_function_runs_on_normal_exit_whatever_signals_it_chose() {
    for (end, code) in [("return", 0), ("exit 0", 0), ("exit 3", 3), ("c-exit 3", 3), ("terminate 3", 3)] {
        for choice in ["A", "A:USR1", "A:safe:SEGV"] {
            let outcome = Child::start(&format!("hooks {choice} -- {end}")).finish();
            outcome.must_be(Ended::Code(code), &["A exit"]);
        }
    }
}

#[test]
fn a_function_runs_when_a_panic_ends_the_program_whatever_signals_it_chose() {
    for choice in ["A", "A:USR1", "A:safe:SEGV"] {
        let outcome = Child::start(&format!("hooks {choice} -- panic")).finish();
        outcome.must_be(Ended::Code(101), &["A panic"]);
        outcome.must_complain("on purpose");
    }
}

#[test]
fn a_function_runs_on_the_signals_that_it_chose() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALRM] {
        let number = signal.as_raw();
        let child = Child::ready(&format!("hooks A:10+{number}:safe B:{number} -- idle"));
        child.signal(signal);
        let outcome = child.finish();
        outcome.must_be(Ended::by(signal), &[&format!("B {signal}"), &format!("A {signal}")]);
    }
}

#[test]
fn a_function_does_not_run_on_signals_that_it_did_not_choose() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::USR2] {
        let child = Child::ready("hooks A:USR1 B:QUIT -- idle");
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &[]);
    }
}

#[test]
fn a_function_without_a_choice_runs_on_the_signals_of_termination() {
    for signal in Signal::TERMINATION {
        let child = Child::ready("hooks A -- idle");
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &[&format!("A {signal}")]);
    }
    let child = Child::ready("hooks A -- idle");
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::by(Signal::USR1), &[]);
}

#[test]
fn arguments_reach_the_function_one_or_several_at_once() {
    let arguments = ["twotwo, -2, [2, 2]", "one, 1, []"];
    Child::start("arguments return").finish().must_be(Ended::Code(0), &with_much("exit", arguments));
    Child::start("arguments panic").finish().must_be(Ended::Code(101), &with_much("panic", arguments));
    let child = Child::ready("arguments idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &with_much("SIGTERM", arguments));
}

fn with_much<'a>(cause: &str, [two, one]: [&'a str; 2]) -> [&'a str; 3] {
    let much = format!("much: 448, by {cause}");
    [much.leak(), two, one]
}

#[test]
fn several_functions_run_each_once_and_the_newest_first() {
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let hooks = names.join(" ");
    let all = |cause: &str| names.iter().rev().map(|name| format!("{name} {cause}")).collect::<Vec<_>>();
    let outcome = Child::start(&format!("hooks {hooks} -- exit 3")).finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!(outcome.after_ready(), all("exit"));
    let child = Child::ready(&format!("hooks {hooks} -- idle"));
    child.signal(Signal::INT);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::INT));
    assert_eq!(outcome.after_ready(), all("SIGINT"));
}

#[test]
fn a_hundred_requested_signals_are_ignored_while_a_function_runs() {
    disturb_a_slow_hook(|child| {
        // One after the other, since two of a kind that are pending at once are one.
        for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::TERM].into_iter().cycle().take(100) {
            child.signal(signal);
            kernel::until_delivered(child.pid());
        }
    });
}

#[test]
fn a_hundred_requested_signals_are_ignored_while_a_function_runs_at_exit() {
    for (end, code, cause) in [("exit 7", 7, "exit"), ("panic", 101, "panic")] {
        let mut child = Child::ready(&format!("slow 0 {end}"));
        child.expect(&format!("slow begins, {cause}"));
        for signal in Signal::TERMINATION.into_iter().cycle().take(100) {
            child.signal(signal);
            kernel::until_delivered(child.pid());
        }
        child.send("go");
        let all = ["C ", "slow begins, ", "slow ends", "B ", "A "].map(|event| match event {
            "slow ends" => event.to_owned(),
            _ => format!("{event}{cause}"),
        });
        child.finish().must_be(Ended::Code(code), &all.each_ref().map(String::as_str));
    }
}
