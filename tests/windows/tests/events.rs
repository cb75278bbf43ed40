//! Console events: which hooks run, in which order, and how the process ends.
#![cfg(windows)]

use terminate_windows::{BREAK, CLOSE, CONTROL_C_EXIT, CTRL_C, Child, Event, LOGOFF, SHUTDOWN, is_wine};

const ALL: [(Event, &str); 5] = [
    (CTRL_C, "SIGINT"),
    (BREAK, "SIGBREAK"),
    (CLOSE, "SIGHUP"),
    (LOGOFF, "CTRL_LOGOFF_EVENT"),
    (SHUTDOWN, "CTRL_SHUTDOWN_EVENT"),
];

#[test]
fn hooks_run_at_each_event_and_the_code_is_that_of_the_system() {
    for scenario in ["wait", "safe_wait"] {
        for (event, name) in ALL {
            let said = ["ready", &format!("hook newer {name}"), &format!("hook older {name}")];
            Child::ready(scenario).event(event).finish().must_be(CONTROL_C_EXIT, &said);
        }
    }
}

#[test]
fn an_event_that_no_hook_requests_runs_none_and_ends_the_process() {
    for scenario in ["wait SIGINT", "no_hooks"] {
        let outcome = Child::ready(scenario).event(BREAK).finish();
        // The system's own handler ends the process; wine's exits with 0.
        outcome.must_be(if is_wine() { 0 } else { CONTROL_C_EXIT }, &["ready"]);
    }
}

#[test]
fn nothing_runs_when_the_process_is_killed() {
    let mut child = Child::ready("wait");
    child.kill();
    child.finish().must_be(1, &["ready"]);
}

#[test]
fn the_exit_code_is_what_the_hook_says() {
    for (how, code) in [("success", 0), ("code", 33), ("shell", 130), ("number", 2)] {
        let outcome = Child::ready(&format!("status {how}")).event(CTRL_C).finish();
        outcome.must_be(code, &["ready", "hook only SIGINT"]);
    }
}

#[test]
fn further_events_while_hooks_run_change_nothing() {
    for (event, name) in ALL {
        let mut child = Child::ready("slow").event(event).until("begun").event(event).event(CLOSE).event(CTRL_C);
        child.send("go on");
        let said = ["ready", "begun", &format!("hook slow {name}"), &format!("hook older {name}")];
        child.finish().must_be(CONTROL_C_EXIT, &said);
    }
}

#[test]
fn events_while_mains_return_runs_hooks_change_nothing() {
    let mut child = Child::start("exit_slowly").until("begun").event(CTRL_C).event(CLOSE);
    child.send("go on");
    child.finish().must_be(0, &["begun", "hook slow exit", "hook older exit"]);
}

#[test]
fn the_second_further_event_forces_the_end() {
    let child = Child::ready("force").event(CTRL_C).until("begun").event(CTRL_C).event(BREAK);
    child.finish().must_be(CONTROL_C_EXIT, &["ready", "begun"]);
}

#[test]
fn a_hook_that_hangs_is_abandoned_at_the_deadline() {
    let outcome = Child::ready("deadline").event(CTRL_C).finish();
    let outcome = outcome.must_be(CONTROL_C_EXIT, &["ready", "hook hangs SIGINT", "hook older SIGINT"]);
    outcome.must_report("the hook \"hangs\" made at");
}

#[test]
fn main_that_waits_polls_or_awaits_ends_by_itself_before_the_hooks() {
    for scenario in ["main_waits", "main_awaits"] {
        for (event, name) in ALL {
            let main = format!("main: {name}");
            let said = ["ready", &main, &format!("hook newer {name}"), &format!("hook older {name}")];
            Child::ready(scenario).event(event).finish().must_be(CONTROL_C_EXIT, &said);
        }
    }
    let said = ["ready", "main", "hook newer SIGINT", "hook older SIGINT"];
    Child::ready("main_polls").event(CTRL_C).finish().must_be(CONTROL_C_EXIT, &said);
}

#[test]
fn the_grace_of_a_closed_console_is_over_before_the_system_ends_the_process() {
    let said = ["ready", "notified", "hook newer SIGHUP", "hook older SIGHUP"];
    Child::ready("main_stays").event(CLOSE).finish().must_be(CONTROL_C_EXIT, &said);
}

#[test]
fn a_notice_names_the_hook_before_the_system_ends_the_process() {
    let mut child = Child::ready("notice").event(CLOSE).until("begun").until_reported("the hook \"slow\"");
    child.send("go on");
    child.finish().must_be(CONTROL_C_EXIT, &["ready", "begun", "hook slow SIGHUP", "hook older SIGHUP"]);
}

#[test]
fn an_interrupt_runs_its_hook_and_the_program_goes_on() {
    Child::ready("interrupt")
        .event(CTRL_C)
        .finish()
        .must_be(0, &["ready", "hook interrupt SIGINT", "interrupted", "hook other exit"]);
    let child = Child::ready("interrupt_twice").event(CTRL_C).until("ready").event(CTRL_C);
    let once = ["ready", "hook interrupt SIGINT", "interrupted"];
    child.finish().must_be(0, &[once, once].concat());
}

#[test]
fn a_listener_hears_each_event_and_nothing_ends() {
    let child = Child::ready("listener int").event(CTRL_C).until("heard SIGINT").until("ready").event(CTRL_C);
    let child = child.until("heard SIGINT").until("ready").event(BREAK);
    let outcome = child.finish();
    assert_eq!(outcome.code(), CONTROL_C_EXIT);
    assert!(outcome.hooks().eq(["newer SIGBREAK", "older SIGBREAK"]), "{outcome:?}");
}

#[test]
fn a_hook_that_yields_runs_where_there_is_no_other_handler() {
    for (event, name) in ALL {
        let said = ["ready", &format!("hook polite {name}")];
        Child::ready("polite").event(event).finish().must_be(CONTROL_C_EXIT, &said);
    }
}

#[test]
fn an_event_inside_a_hold_waits_for_what_is_registered_there() {
    let mut child = Child::ready("hold").event(CTRL_C);
    child.send("go on");
    child.finish().must_be(CONTROL_C_EXIT, &["ready", "hook made SIGINT"]);
}

#[test]
fn signals_that_do_not_exist_are_refused_with_what_to_do() {
    let outcome = Child::start("errors").finish();
    let said = outcome.said();
    for (line, words) in
        said.iter().zip(["no SIGUSR1", "no SIGKILL", "this system has no", "handler_safe", "SIGBREAK is taken"])
    {
        assert!(line.contains(words) || words == "handler_safe", "{line:?} without {words:?}");
    }
    assert_eq!(said.len(), 6, "{said:?}");
}
