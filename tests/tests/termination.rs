//! What hooks learn of the end: `termination()`.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn termination_tells_the_signal_its_sender_and_how_many_hooks_have_run() {
    // SAFETY: cannot fail.
    let uid = unsafe { libc::getuid() };
    for queued in [false, true] {
        let child = Child::ready("termination idle");
        assert_eq!(child.events()[0], "before: true");
        if queued {
            child.queue(Signal::HUP, 1);
        } else {
            child.signal(Signal::HUP);
        }
        let end = format!("SIGHUP Some(SIGHUP) Some((true, {uid})) Some(true)");
        let all = [("C", 0), ("B", 1), ("A", 2)].map(|(name, ran)| format!("{name} {end} after {ran}"));
        child.finish().must_be(Ended::by(Signal::HUP), &all.each_ref().map(String::as_str));
    }
}

#[test]
fn termination_tells_the_sender_though_the_program_asks_for_the_signal_too() {
    let mut child = Child::ready("termination meanwhile idle");
    child.signal(Signal::HUP);
    child.expect("asks");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::HUP));
    // SAFETY: cannot fail.
    let uid = unsafe { libc::getuid() };
    for (name, ran) in [("C", 1), ("B", 2), ("A", 3)] {
        outcome.must_say_once(&format!("{name} SIGHUP Some(SIGHUP) Some((true, {uid})) Some(true) after {ran}"));
    }
}

#[test]
fn termination_knows_no_sender_and_no_time_of_an_exit_or_a_panic() {
    for (end, code, cause) in [("return", 0, "exit"), ("exit 3", 3, "exit"), ("panic", 101, "panic")] {
        let all =
            [("C", 0), ("B", 1), ("A", 2)].map(|(name, ran)| format!("{name} {cause} None None None after {ran}"));
        let outcome = Child::start(&format!("termination {end}")).finish();
        outcome.must_be(Ended::Code(code), &all.each_ref().map(String::as_str));
    }
}
