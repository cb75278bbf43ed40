//! G11: a registration that fails says why and what to do, gives the hook back, and leaves nothing behind.

use terminate_tests::{Child, Ended, Outcome};

/// The message, for people: the remedy has to be in it.
#[track_caller]
fn must_advise(outcome: &Outcome, kind: &str, remedy: &str) {
    outcome.must_say_once(kind);
    let advice = outcome.events.iter().find(|event| event.starts_with("the hook was not registered: "));
    assert!(advice.is_some_and(|advice| advice.contains(remedy)), "{remedy:?} is not in {outcome:#?}");
}

#[test]
fn g11_a_full_table_says_so_and_has_room_again_when_a_hook_is_gone() {
    let outcome = Child::start("full").finish();
    outcome.must_be(Ended::Code(0), &["handed back exit"]);
    let capacity = option_env!("TERMINATE_CAPACITY").unwrap_or("256");
    must_advise(&outcome, &format!("full at {capacity} of {capacity}"), "TERMINATE_CAPACITY");
}

#[track_caller]
fn refused(signals: &str, kind: &str, remedy: &str) {
    let outcome = Child::start(&format!("refused {signals}")).finish();
    outcome.must_be(Ended::Code(0), &["handed back exit"]);
    outcome.must_say_once("nothing changed: true");
    must_advise(&outcome, kind, remedy);
}

#[test]
fn g11_a_signal_that_no_program_can_catch_is_refused() {
    refused("KILL", "uncatchable 9", "leave it out");
    refused("USR1 TERM STOP", "uncatchable 19", "leave it out");
}

#[test]
fn g11_a_number_that_is_no_signal_is_refused() {
    for number in ["0", "65", "-1", "2147483647"] {
        refused(number, &format!("invalid {number}"), "use one of the constants of `Signal`");
        refused(&format!("USR1 {number}"), &format!("invalid {number}"), "Signal::real_time");
    }
}

#[test]
fn g11_a_signal_that_the_c_library_keeps_is_refused() {
    refused("USR1 32", "invalid 32", "Signal::real_time");
}

#[test]
fn g11_an_ordinary_hook_is_refused_for_a_fault() {
    for (name, number) in [("SEGV", 11), ("BUS", 7), ("ILL", 4), ("FPE", 8), ("TRAP", 5), ("SYS", 31)] {
        refused(&format!("USR1 {name}"), &format!("ordinary on fault {number}"), "Hook::handler_safe");
    }
}

#[test]
fn g11_without_a_thread_for_the_runner_an_ordinary_hook_is_refused() {
    let outcome = Child::start("no-thread").finish();
    outcome.must_be(Ended::Code(0), &[]);
    must_advise(&outcome, &format!("no runner Some({})", libc::EAGAIN), "ulimit -u");
    outcome.must_say_once("nothing changed: true");
    outcome.must_say_once("dropped");
    assert_eq!(outcome.count("called"), 0);
}

#[test]
fn g11_without_a_thread_for_the_runner_handler_safe_hooks_run() {
    let child = Child::ready("no-thread-and-safe");
    // Root may signal anybody; others may signal their own.
    child.signal(terminate_tests::Signal::TERM);
    child.finish().must_be(Ended::by(terminate_tests::Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn g11_a_hook_that_comes_after_all_others_have_run_is_refused() {
    let outcome = Child::start("late-atexit").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.after_ready()[..2], ["A exit", "too late: true"], "{outcome:#?}");
    must_advise(&outcome, "too late: true", "call it right away");
    assert_eq!(outcome.count("called"), 0);
}

#[test]
fn g11_an_id_that_names_nothing_any_more_is_an_error_and_touches_no_hook() {
    let outcome = Child::start("stale").finish();
    outcome.must_be(Ended::Code(0), &["new exit"]);
    assert_eq!(outcome.events[..3], ["Ok(())", "Err(Stale)", "Err(Stale)"]);
}

#[test]
fn g11_refusals_take_no_slots() {
    Child::start("none-left-behind").finish().must_be(Ended::Code(0), &["A exit"]);
}
