//! How the process ends after a signal: zero, another code, the signal's number, or the signal; or, on SIGINT, not at all.

use terminate_tests::{Child, Ended, Signal};

#[track_caller]
fn ends(option: &str, signal: Signal, ended: Ended) {
    let number = signal.as_raw();
    for kind in ["", ":safe"] {
        let child = Child::ready(&format!("hooks A:{number}{option}{kind} B:{number}{kind} -- idle"));
        child.signal(signal);
        child.finish().must_be(ended, &[&format!("B {signal}"), &format!("A {signal}")]);
    }
}

const SIGNALS: [Signal; 5] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::USR1, Signal::QUIT];

#[test]
fn the_exit_code_after_a_signal_is_zero_if_that_is_success() {
    for signal in SIGNALS {
        ends(":status=success", signal, Ended::Code(0));
        ends(":status=success", signal, Ended::Code(0));
    }
}

#[test]
fn the_end_after_a_signal_is_no_success_unless_a_function_says_so() {
    for signal in SIGNALS {
        ends("", signal, Ended::by(signal));
        ends(":status=signal", signal, Ended::by(signal));
    }
}

#[test]
fn the_exit_code_after_a_signal_can_be_any() {
    for code in [0, 1, 66, 255] {
        ends(&format!(":status={code}"), Signal::TERM, Ended::Code(code));
    }
}

#[test]
fn the_exit_code_after_a_signal_can_be_the_signals_number() {
    for signal in SIGNALS {
        ends(":status=number", signal, Ended::Code(signal.as_raw()));
        ends(":status=shell", signal, Ended::Code(128 + signal.as_raw()));
    }
}

#[test]
fn an_exit_keeps_its_code_whatever_a_signal_would_have_made_of_it() {
    for option in [":status=success", ":status=66", ":status=number"] {
        Child::start(&format!("hooks A{option} -- exit 3")).finish().must_be(Ended::Code(3), &["A exit"]);
        Child::start(&format!("hooks A{option} -- panic")).finish().must_be(Ended::Code(101), &["A panic"]);
    }
}

#[test]
fn ctrl_c_is_an_interrupt_in_the_program_if_a_function_says_so() {
    let mut child = Child::ready("script A:INT+TERM:yes");
    child.send("search");
    child.expect("searches");
    child.signal(Signal::INT);
    child.expect("search: Err(Interrupt)");
    child.send("exit 7");
    child.finish().must_be(Ended::Code(7), &["searches", "A SIGINT", "search: Err(Interrupt)"]);
}

#[test]
fn ctrl_c_ends_the_program_unless_a_function_says_otherwise() {
    for option in ["", ":no"] {
        let mut child = Child::ready(&format!("script A:INT+TERM{option}"));
        child.send("search");
        child.expect("searches");
        child.signal(Signal::INT);
        child.finish().must_be(Ended::by(Signal::INT), &["searches", "A SIGINT"]);
    }
}

#[test]
fn ctrl_c_is_an_interrupt_while_another_signal_still_ends_the_program() {
    let mut child = Child::ready("script A:INT+TERM:yes");
    child.send("search");
    child.expect("searches");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["searches", "A SIGTERM"]);
}
