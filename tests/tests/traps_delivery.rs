//! Trap 4: where and when a signal lands. Blocked, inside the allocator, inside `register`, or seven at once.

use terminate_tests::{Child, Ended, Random, Signal, kernel};

#[test]
fn trap_04_a_signal_that_one_thread_lets_in_is_delivered_there() {
    for open_in in ["main", "other"] {
        let child = Child::ready(&format!("blocked-but-in-one {open_in}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    }
}

#[test]
fn trap_04_a_signal_that_all_threads_block_stays_pending_until_one_lets_it_in() {
    for who in ["main", "other"] {
        let mut child = Child::ready(&format!("trap-blocked-in-all {who}"));
        child.signal(Signal::TERM);
        kernel::until_all_asleep(child.pid());
        assert!(kernel::signal_pending(child.pid()), "neither the program nor the runner has taken it");
        child.send("go");
        child.finish().must_be(Ended::by(Signal::TERM), &["lets it in", "A SIGTERM"]);
    }
}

/// A signal in the n-th call of the allocator, made by `register`, `unregister` or the program itself.
#[track_caller]
fn in_the_allocator(specs: &str) {
    for n in 1..=40 {
        let outcome = Child::start(&format!("trap-signal-in-alloc {n} {specs}")).finish();
        outcome.must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn trap_04_a_signal_inside_the_allocator_wakes_the_runner_without_entering_it_again() {
    in_the_allocator("A B");
}

#[test]
fn trap_04_a_signal_inside_the_allocator_runs_handler_safe_hooks_without_entering_it_again() {
    in_the_allocator("A:safe B:safe");
}

#[test]
fn trap_04_a_signal_among_threads_that_allocate_runs_hooks_that_allocate() {
    let mut random = Random::seeded();
    for _ in 0..60 {
        let child = Child::ready("trap-alloc-storm");
        random.dawdle(100_000);
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn trap_04_a_signal_inside_register_runs_the_other_hooks_once() {
    let mut random = Random::seeded();
    for _ in 0..100 {
        let child = Child::ready("race-register");
        random.dawdle(100_000);
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    }
}

// Each frame of a handler takes 3 KiB where registers are wide, and a thread's alternate stack has 8.
#[test]
fn trap_04_seven_signals_at_once_fit_on_a_small_alternate_stack() {
    for kind in ["ordinary", "safe"] {
        for _ in 0..10 {
            let outcome = Child::start(&format!("trap-burst {kind}")).finish();
            let Ended::Signal { number: signal, core: false } = outcome.ended else { panic!("{outcome:#?}") };
            assert!([1, 2, 10, 12, 15, 35, 36].contains(&signal.as_raw()), "{outcome:#?}");
            outcome.must_be(outcome.ended, &[&format!("B {signal}"), &format!("A {signal}")]);
        }
    }
}
