//! `interrupt::on`: while it lives, its signals end nothing, and each is noticed.

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn each_signal_has_the_function_called_and_others_end_the_process() {
    let mut child = Child::ready("listens INT USR2");
    for _ in 0..3 {
        child.signal(Signal::INT);
        child.expect("on SIGINT");
        child.signal(Signal::USR2);
        child.expect("on SIGUSR2");
    }
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    outcome.must_say_once("A SIGTERM");
}

#[test]
fn a_listener_that_is_dropped_gives_the_signal_back() {
    let mut child = Child::ready("listens-dropped");
    child.signal(Signal::INT);
    child.expect("on SIGINT");
    child.send("go");
    child.expect("dropped");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["on SIGINT", "dropped", "A SIGINT"]);
}

#[test]
fn a_listener_that_is_dropped_during_an_end_keeps_the_signal() {
    let outcome = Child::start("listens-dropped-late").finish();
    outcome.must_be(Ended::by(Signal::TERM), &["goes on", "A SIGTERM"]);
}

#[test]
fn a_function_that_panics_is_called_the_next_time_too() {
    let outcome = Child::start("listens-panics function").finish();
    outcome.must_be(Ended::Code(0), &["on SIGHUP", "another", "on SIGHUP", "another", "A exit"]);
    outcome.must_complain("in a function");
}

#[test]
fn what_a_function_panics_with_may_panic_as_well() {
    let outcome = Child::start("listens-panics payload").finish();
    outcome.must_be(Ended::Code(0), &["on SIGHUP", "another", "on SIGHUP", "another", "A exit"]);
}

#[test]
fn what_a_function_owns_may_panic_as_the_function_drops_its_own_listener() {
    let outcome = Child::start("listens-panics destructor").finish();
    outcome.must_be(Ended::Code(0), &["on SIGHUP", "another", "another", "A exit"]);
    outcome.must_complain("in a destructor");
}

#[test]
fn there_is_no_gap_in_which_a_signal_ends_the_process_or_is_missed() {
    Child::start("listens-storm").finish().must_be(Ended::Code(5), &["all were noticed", "A exit"]);
}

#[test]
fn checkpoint_and_sleep_notice_it_once() {
    let child = Child::ready("listens-interrupted");
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::Code(0), &["on SIGUSR1", "Err(Interrupt)", "Ok(())"]);
}

#[test]
fn a_blocking_read_goes_on_unless_the_program_wants_it_interrupted() {
    for (how, event) in [("interrupts", "interrupted"), ("other-dropped", "interrupted"), ("goes-on", "true")] {
        let mut child = Child::ready(&format!("listens-read {how}"));
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::INT);
        if how == "goes-on" {
            child.expect("on SIGINT");
            child.send("x");
        }
        let outcome = child.finish();
        outcome.must_end(Ended::Code(0));
        outcome.must_say_once(event);
    }
}

#[test]
fn the_previous_handler_is_called_too() {
    let child = Child::ready("listens-previous");
    child.signal(Signal::HUP);
    let outcome = child.finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_say_once("previous 1");
    outcome.must_say_once("on SIGHUP");
}

#[test]
fn a_signal_that_no_function_can_be_for_is_refused() {
    let outcome = Child::start("listens-refused").finish();
    assert_eq!(outcome.events, ["true"; 3], "{outcome:#?}");
}

#[test]
fn a_daemon_reloads_at_sighup_and_ends_at_sigterm() {
    for how in ["on", "signal-hook", "handler"] {
        let mut child = Child::ready(&format!("listens-reload {how}"));
        for _ in 0..3 {
            child.signal(Signal::HUP);
            child.expect("reload");
        }
        child.signal(Signal::TERM);
        let all = ["reload", "reload", "reload", "SIGTERM", "A SIGTERM"];
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn a_function_that_hangs_delays_no_hook() {
    let mut child = Child::ready("listens-hangs");
    child.signal(Signal::USR1);
    child.expect("on SIGUSR1");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["on SIGUSR1", "A SIGTERM"]);
}

#[test]
fn g10_a_forked_child_has_no_listener() {
    let outcome = Child::start("listens-in-a-child").finish();
    outcome.must_say_once(&format!("child ended by {:?}", Some(Signal::USR1.as_raw())));
}

#[test]
fn no_function_is_called_once_the_hooks_run() {
    let mut child = Child::ready("listens-late");
    child.signal(Signal::USR1);
    child.expect("called");
    child.send("return");
    child.finish().must_be(Ended::Code(0), &["called", "A exit"]);
}
