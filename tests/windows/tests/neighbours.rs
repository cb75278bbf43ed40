//! Other handlers of console events, installed before ours and after ours.
#![cfg(windows)]

use terminate_windows::{CLOSE, CONTROL_C_EXIT, CTRL_C, Child, is_wine};

const OTHER: &str = "the other handler";
const HOOKS: [&str; 2] = ["hook newer SIGINT", "hook older SIGINT"];

#[test]
fn a_handler_that_stood_before_ours_is_called_after_the_hooks_and_has_time() {
    for does in ["takes", "declines", "takes safe", "declines safe"] {
        let outcome = Child::ready(&format!("handler before {does}")).event(CTRL_C).finish();
        outcome.must_be(CONTROL_C_EXIT, &[&["ready"], &HOOKS[..], &[OTHER]].concat());
    }
}

#[test]
fn a_handler_that_stood_before_ours_may_exit_in_its_own_way() {
    let outcome = Child::ready("handler before exits").event(CTRL_C).finish();
    outcome.must_be(44, &[&["ready"], &HOOKS[..], &[OTHER]].concat());
}

#[test]
fn a_handler_that_came_after_ours_decides_whether_ours_is_called() {
    // The thread that calls those before ours goes through all of them.
    let outcome = Child::ready("handler after declines").event(CTRL_C).finish();
    outcome.must_be(CONTROL_C_EXIT, &[&["ready", OTHER], &HOOKS[..], &[OTHER]].concat());
    let outcome = Child::ready("handler after declines").event(CLOSE).finish();
    outcome.must_be(CONTROL_C_EXIT, &["ready", OTHER, "hook newer SIGHUP", "hook older SIGHUP"]);
    let outcome = Child::ready("handler after exits").event(CTRL_C).finish();
    outcome.must_be(44, &["ready", OTHER, "hook newer exit", "hook older exit"]);
    let mut child = Child::ready("handler after takes").event(CTRL_C).until(OTHER);
    child.kill();
    child.finish().must_be(1, &["ready", OTHER]);
}

#[test]
fn ctrlc_before_ours_gets_the_event_after_the_hooks_and_decides_the_code() {
    let said = [&["ready"], &HOOKS[..], &["the closure of ctrlc"]].concat();
    Child::ready("ctrlc before").event(CTRL_C).finish().must_be(45, &said);
}

#[test]
fn ctrlc_after_ours_has_the_event_and_hooks_run_at_the_exit_that_follows() {
    let said = ["ready", "the closure of ctrlc", "hook newer exit", "hook older exit"];
    Child::ready("ctrlc after").event(CTRL_C).finish().must_be(45, &said);
}

#[test]
fn tokio_after_ours_has_the_event_and_hooks_run_when_main_returns() {
    for event in [CTRL_C, CLOSE] {
        let outcome = Child::ready("tokio after").event(event).finish();
        outcome.must_be(0, &["ready", "the task of tokio", "hook newer exit", "hook older exit"]);
    }
}

#[test]
fn tokio_before_ours_gets_the_event_after_the_hooks_and_its_main_returns() {
    for (event, name) in [(CTRL_C, "SIGINT"), (CLOSE, "SIGHUP")] {
        let outcome = Child::ready("tokio before").event(event).finish();
        let said = ["ready", &format!("hook newer {name}"), &format!("hook older {name}"), "the task of tokio"];
        outcome.must_be(0, &said);
    }
}

#[test]
fn a_hook_that_yields_leaves_the_event_to_a_handler_that_takes_it() {
    let mut child = Child::ready("polite_beside takes").event(CTRL_C).until(OTHER);
    child.kill();
    child.finish().must_be(1, &["ready", OTHER]);
    let outcome = Child::ready("polite_beside declines").event(CTRL_C).finish();
    outcome.must_be(CONTROL_C_EXIT, &["ready", OTHER, "hook other SIGINT", "hook polite SIGINT"]);
}

#[test]
fn another_handler_gets_an_interrupt_too_and_the_program_goes_on() {
    for does in ["takes", "declines"] {
        let outcome = Child::ready(&format!("interrupt_beside {does}")).event(CTRL_C).finish();
        outcome.must_be(0, &["ready", "hook", OTHER, "interrupted"]);
    }
}

#[test]
fn a_library_that_is_unloaded_before_its_first_hook_leaves_nothing_behind() {
    for event in [CTRL_C, CLOSE] {
        // The fixture itself has no hook, so the system ends it.
        let code = if is_wine() { 0 } else { CONTROL_C_EXIT };
        Child::ready("library unused").event(event).finish().must_be(code, &["ready"]);
    }
}

#[test]
fn a_library_with_a_hook_is_not_unloaded() {
    let outcome = Child::ready("library used").event(CTRL_C).finish();
    outcome.must_be(CONTROL_C_EXIT, &["ready", "hook library SIGINT"]);
}
