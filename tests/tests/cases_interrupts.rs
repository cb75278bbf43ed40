//! Interrupts whose hooks come and go: a termination that no hook requested never happens.

use std::time::{Duration, Instant};

use terminate_tests::{Child, Ended, Signal};

/// How long each storm takes, in milliseconds.
const STORM: u32 = 3500;

#[track_caller]
fn survives(scenario: &str) {
    // Several at a time, so that the scheduler interrupts them anywhere.
    let children: Vec<_> = (0..4).map(|_| Child::start(scenario)).collect();
    for child in children {
        let outcome = child.finish();
        outcome.must_end(Ended::Code(0));
        assert_eq!(outcome.events, ["survived"], "{outcome:#?}");
    }
}

#[test]
fn an_interrupt_hook_registered_again_lets_no_sigint_end_the_process() {
    survives(&format!("case-interrupt-rearmed ordinary {STORM}"));
}

#[test]
fn a_safe_interrupt_hook_registered_again_lets_no_sigint_end_the_process() {
    survives(&format!("case-interrupt-rearmed safe {STORM}"));
}

#[test]
fn interrupt_hooks_registered_in_a_storm_let_no_sigint_end_the_process() {
    survives(&format!("case-interrupt-registered {STORM}"));
}

#[test]
fn the_guard_of_an_interrupt_hook_lets_no_sigint_end_the_process() {
    survives(&format!("case-interrupt-guards {STORM}"));
}

// Either a guard requests SIGTERM, and says code 7, or the signal is ignored, as before the first guard.
#[test]
fn a_guard_disarmed_as_its_signal_arrives_leaves_one_of_two_statuses() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        // Several at a time, so that the scheduler interrupts them anywhere.
        let children: Vec<_> = (0..8).map(|_| Child::start("case-status-race")).collect();
        for child in children {
            let outcome = child.finish();
            assert!([Ended::Code(7), Ended::Code(0)].contains(&outcome.ended), "{outcome:#?}");
        }
    }
}

#[test]
fn a_second_ctrl_c_ends_a_process_whose_interrupt_hook_hangs() {
    let mut child = Child::ready("case-interrupt-hangs");
    child.signal(Signal::INT);
    child.expect("hangs SIGINT");
    child.signal(Signal::INT);
    child.finish().must_end(Ended::by(Signal::INT));
}

#[test]
fn a_signal_requests_the_end_while_an_interrupt_hook_hangs_and_the_next_forces_it() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut child = Child::ready("case-interrupt-hangs");
        child.signal(Signal::INT);
        child.expect("hangs SIGINT");
        child.signal(signal);
        child.expect("requested");
        child.signal(signal);
        child.finish().must_end(Ended::by(signal));
    }
}
