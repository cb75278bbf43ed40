//! Functions of the API inside of each other: what each promises holds there too.

use terminate_tests::platform::TELLS_EXIT_STATUS;
use terminate_tests::{Child, Ended, Signal};

#[test]
fn a_time_limit_holds_for_a_hook_that_was_registered_when_the_end_had_begun() {
    for (r#where, signal) in [("hook", Signal::TERM), ("interrupt", Signal::INT)] {
        let child = Child::ready(&format!("combined-late-limit {where}"));
        child.signal(signal);
        let outcome = child.finish();
        outcome.must_end(Ended::by(signal));
        outcome.must_say_once(&format!("A {signal}"));
        outcome.must_complain("did not return within 50ms");
    }
    let outcome = Child::start("combined-late-limit hold").finish();
    outcome.must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    outcome.must_complain("did not return within 50ms");
}

#[test]
fn a_time_limit_holds_for_an_inherited_hook() {
    let outcome = Child::start("combined-inherited-limit").finish();
    outcome.must_be(Ended::Code(0), &["A SIGTERM", "Some(15)"]);
    outcome.must_complain("did not return within 50ms");
}

#[test]
fn a_time_limit_holds_for_the_guards_that_the_hook_drops() {
    for how in ["one", "many"] {
        let child = Child::ready(&format!("combined-limit-and-guard {how}"));
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
        outcome.must_complain("did not return within 50ms");
    }
}

#[test]
fn a_thread_that_has_waited_for_an_end_is_in_its_hold_or_guard_all_the_same() {
    for r#where in ["hold", "guard"] {
        let mut child = Child::ready(&format!("combined-wait-in {where}"));
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::Code(4));
        outcome.must_say_once("inside to its end");
        outcome.must_say_once("A exit");
    }
}

#[test]
fn a_guards_function_may_begin_a_hold_when_the_hooks_have_run() {
    Child::start("combined-hold-in-guard").finish().must_be(Ended::Code(4), &["A exit", "held"]);
}

#[test]
fn an_interrupt_leaves_a_hold_as_it_is() {
    let outcome = Child::start("combined-interrupt-in-hold").finish();
    outcome.must_end(Ended::by(Signal::INT));
    outcome.must_say_once("inside to its end");
}

#[test]
fn a_hold_needs_no_room_for_a_hook() {
    let outcome = Child::start("combined-full").finish();
    outcome.must_end(Ended::by(Signal::TERM));
    outcome.must_say_once("inside to its end");
}

#[test]
fn a_thousand_holds_may_be_inside_of_each_other() {
    let mut child = Child::ready("combined-many-holds");
    child.signal(Signal::TERM);
    child.send("go");
    child.finish().must_be(Ended::by(Signal::TERM), &["inside to its end", "A SIGTERM"]);
}

#[test]
fn a_panic_of_main_in_the_grace_is_the_status_that_main_leaves() {
    let code = if TELLS_EXIT_STATUS { "Some(101)" } else { "None" };
    for how in ["request", "signal"] {
        let outcome = Child::start(&format!("combined-panic-in-grace {how}")).finish();
        outcome.must_be(Ended::Code(101), &[code]);
    }
}

#[test]
fn a_notice_says_that_the_end_waits_for_another_thread() {
    for (r#where, what) in [("guard", "a guard's function"), ("hold", "a thread in `hold`")] {
        let mut child = Child::ready(&format!("combined-notice {where}"));
        child.send("end");
        child.finish().must_be(Ended::Code(4), &[&format!("terminate: still waiting for {what}")]);
    }
}

#[test]
fn a_waker_has_the_mask_of_the_program() {
    let outcome = Child::start("combined-waker").finish();
    outcome.must_be(Ended::by(Signal::TERM), &["blocked false", "A SIGTERM"]);
}

#[test]
fn a_panic_of_a_guards_function_ends_nothing_also_where_each_panic_does() {
    let outcome = Child::start("combined-guard-panics").finish();
    outcome.must_be(Ended::Code(0), &["goes on", "A exit"]);
}

#[test]
fn exit_with_signal_waits_for_no_grace() {
    Child::start("combined-signal-after-requested").finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}
