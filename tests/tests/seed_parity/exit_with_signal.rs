//! `exit_with_signal`: on return, on error and on panic; in a forked child that ends in `_exit`.

use terminate_tests::{Child, Ended, Outcome, Signal};

const WAYS: [&str; 3] = ["return", "error", "panic"];

/// What is on stderr by then, as main would have it.
#[track_caller]
fn complains_as_main_would(outcome: &Outcome, how: &str) {
    match how {
        "return" => assert_eq!(outcome.stderr, ""),
        "error" => outcome.must_complain("Error: Mishap"),
        _ => outcome.must_complain("on purpose"),
    }
}

#[test]
fn exit_with_signal_runs_the_functions_of_that_signal_on_return_on_error_and_on_panic() {
    for how in WAYS {
        for (name, signal) in [("USR1", Signal::USR1), ("TERM", Signal::TERM), ("INT", Signal::INT)] {
            let outcome = Child::start(&format!("raises {how} {name} A:{name} B:{name}")).finish();
            let all = ["works".to_owned(), format!("B {signal}"), format!("A {signal}")];
            outcome.must_be(Ended::by(signal), &all.each_ref().map(String::as_str));
            complains_as_main_would(&outcome, how);
        }
    }
}

#[test]
fn exit_with_signal_ends_by_a_signal_that_no_function_chose_and_none_runs() {
    for how in WAYS {
        for signal in [Signal::USR1, Signal::TERM, Signal::KILL, Signal::SEGV, Signal::ABRT] {
            let outcome = Child::start(&format!("raises {how} {} A:USR2", signal.as_raw())).finish();
            outcome.must_be(Ended::by(signal), &["works"]);
        }
    }
}

#[test]
fn exit_with_signal_ends_as_the_functions_say() {
    for how in WAYS {
        let ends = |option: &str| Child::start(&format!("raises {how} USR1 A:USR1:{option}")).finish();
        ends("status=success").must_be(Ended::Code(0), &["works", "A SIGUSR1"]);
        ends("status=number").must_be(Ended::Code(10), &["works", "A SIGUSR1"]);
    }
}

#[test]
fn exit_with_signal_works_with_handler_safe_functions_and_with_aborts_and_faults() {
    for how in WAYS {
        for signal in [Signal::USR1, Signal::ABRT, Signal::SEGV] {
            let number = signal.as_raw();
            let outcome = Child::start(&format!("raises {how} {number} A:{number}:safe")).finish();
            outcome.must_be(Ended::by(signal), &["works", &format!("A {signal}")]);
        }
    }
}

#[test]
fn exit_with_signal_runs_the_functions_of_a_forked_child_that_would_end_in_underscore_exit() {
    let outcome = Child::start("raises-forked _exit USR1 A:USR1 B").finish();
    outcome.must_be(Ended::Code(0), &["child ended: Code(97)", "parent exit"]);
    for how in WAYS {
        let outcome = Child::start(&format!("raises-forked {how} USR1 A:USR1 B")).finish();
        let ended = format!("child ended: {:?}", Ended::by(Signal::USR1));
        outcome.must_be(Ended::Code(0), &["works", "B SIGUSR1", "A SIGUSR1", &ended, "parent exit"]);
        complains_as_main_would(&outcome, how);
    }
}

#[test]
fn exit_with_signal_in_a_forked_child_without_functions_ends_it_as_if_we_were_not_there() {
    for how in WAYS {
        for signal in [Signal::USR1, Signal::TERM] {
            let outcome = Child::start(&format!("raises-forked {how} {}", signal.as_raw())).finish();
            let ended = format!("child ended: {:?}", Ended::by(signal));
            outcome.must_be(Ended::Code(0), &["works", &ended, "parent exit"]);
        }
    }
}

#[test]
fn exit_with_signal_as_an_attribute_does_the_same() {
    let outcome = Child::start("raises-by-attribute return").finish();
    outcome.must_be(Ended::by(Signal::USR1), &["works", "A SIGUSR1"]);
    let outcome = Child::start("raises-by-attribute error").finish();
    outcome.must_be(Ended::by(Signal::USR1), &["works", "A SIGUSR1"]);
    outcome.must_complain("Error: Mishap");
    // What a panic unwinds comes first.
    let outcome = Child::start("raises-by-attribute panic").finish();
    outcome.must_be(Ended::by(Signal::USR1), &["guard panic", "A SIGUSR1"]);
}
