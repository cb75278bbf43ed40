//! Interrupts whose hooks come and go (trap 4 of the second list): an end that no hook requested never happens.

use std::time::{Duration, Instant};

use terminate_tests::{Child, Ended, Signal};

/// How long each storm takes, in milliseconds.
const STORM: u32 = 2500;

#[track_caller]
fn survives(scenario: &str) {
    let outcome = Child::start(scenario).finish();
    assert_eq!((outcome.ended, &*outcome.events), (Ended::Code(0), &["survived".to_owned()][..]), "{outcome:#?}");
}

#[test]
fn an_interrupt_hook_that_is_registered_again_never_lets_sigint_end_the_process() {
    survives(&format!("case-interrupt-rearmed ordinary {STORM}"));
}

#[test]
fn a_handler_safe_interrupt_hook_registered_again_never_lets_sigint_end_the_process() {
    survives(&format!("case-interrupt-rearmed safe {STORM}"));
}

#[test]
fn interrupt_hooks_registered_during_a_storm_never_let_sigint_end_the_process() {
    survives(&format!("case-interrupt-registered 1 {STORM}"));
}

#[test]
fn interrupt_hooks_registered_while_three_threads_storm_never_let_sigint_end_the_process() {
    survives(&format!("case-interrupt-registered 3 {STORM}"));
}

#[test]
fn the_guard_of_an_interrupt_hook_never_lets_sigint_end_the_process() {
    survives(&format!("case-interrupt-guards {STORM}"));
}

// Either a guard requests SIGTERM, and says code 7, or the signal is ignored, as before the first guard.
#[test]
fn a_guard_that_is_disarmed_as_the_signal_arrives_decides_the_status_or_has_no_part() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        let outcome = Child::start("case-status-race").finish();
        assert!([Ended::Code(7), Ended::Code(0)].contains(&outcome.ended), "{outcome:#?}");
    }
}

#[test]
fn trap_06_a_second_signal_forces_the_end_of_an_interrupt_hook_that_hangs() {
    for second in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut child = Child::ready("case-interrupt-hangs");
        child.signal(Signal::INT);
        child.expect("hangs signal 2");
        child.signal(second);
        child.finish().must_end(Ended::by(second));
    }
}
