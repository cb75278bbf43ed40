//! Ways in which a program ends itself: return, exit, panic, abort, a signal of the C runtime.
#![cfg(windows)]

use terminate_windows::{BREAK, CONTROL_C_EXIT, CTRL_C, Child, FAST_FAIL};

const BY_EXIT: &[&str] = &["hook newer exit", "hook older exit"];
const BY_PANIC: &[&str] = &["hook newer panic", "hook older panic"];

#[track_caller]
fn ends(how: &str, code: i32, said: &[&str]) {
    Child::start(how).finish().must_be(code, said);
}

#[test]
fn hooks_run_when_main_returns() {
    ends("end return", 0, BY_EXIT);
}

#[test]
fn hooks_run_at_process_exit_after_all_other_threads_were_ended() {
    ends("end process_exit", 3, BY_EXIT);
}

#[test]
fn hooks_run_at_the_c_runtimes_exit() {
    ends("end c_exit", 4, BY_EXIT);
}

#[test]
fn hooks_run_at_terminate() {
    ends("end terminate", 7, BY_EXIT);
}

#[test]
fn hooks_run_at_a_request_which_returns() {
    ends("end request", 8, &["ready", "hook newer exit", "hook older exit"]);
}

#[test]
fn hooks_run_when_another_thread_exits() {
    ends("end exit_in_thread", 6, BY_EXIT);
}

#[test]
fn hooks_run_when_another_thread_calls_terminate() {
    ends("end terminate_in_thread", 9, BY_EXIT);
}

#[test]
fn hooks_that_are_all_handler_safe_run_on_every_exit() {
    for (how, code) in [("return", 0), ("process_exit", 3), ("c_exit", 4), ("terminate", 7)] {
        ends(&format!("safe {how}"), code, BY_EXIT);
    }
}

#[test]
fn hooks_run_when_a_panic_leaves_main() {
    let outcome = Child::start("end panic").finish();
    outcome.must_be(101, BY_PANIC).must_report("nothing catches this");
}

#[test]
fn a_panic_that_is_joined_or_caught_ends_nothing() {
    ends("end panic_in_thread", 0, BY_EXIT);
    // The C runtime does not tell the status: a panic of main, caught or not, is the cause of the exit that follows.
    ends("end caught_panic", 0, BY_PANIC);
}

#[test]
fn hooks_run_when_any_panic_ends_the_process() {
    ends("any_panic", 101, BY_PANIC);
}

#[test]
fn hooks_run_before_a_panic_that_must_not_unwind_aborts() {
    ends("end panic_that_must_not_unwind", FAST_FAIL, BY_PANIC);
}

#[test]
fn no_hook_runs_at_rusts_abort() {
    ends("end process_abort", FAST_FAIL, &[]);
}

#[test]
fn hooks_run_at_the_c_runtimes_abort_if_one_requests_it() {
    let outcome = Child::start("abort c_abort").finish();
    let code = outcome.code();
    assert!([3, FAST_FAIL].contains(&code), "the C runtime's own code, not {code:#x}");
    outcome.must_be(code, &["hook newer SIGABRT", "hook older SIGABRT"]);
}

#[test]
fn hooks_run_at_the_c_runtimes_sigterm() {
    ends("end raise_term", 3, &["ready", "hook newer SIGTERM", "hook older SIGTERM"]);
}

#[test]
fn a_hook_that_panics_lets_the_others_run() {
    let said = ["hook newer exit", "hook faulty exit", "hook older exit"];
    Child::start("panic_in_hook").finish().must_be(0, &said).must_report("\"faulty\"");
}

#[test]
fn a_hook_that_calls_process_exit_lets_the_others_run_and_its_code_stays() {
    // `ExitProcess` has ended the thread in the first exit, and tells nothing of its code.
    ends("exit_in_hook process_exit return", 3, &["hook newer exit", "hook leaves exit", "hook older exit"]);
}

#[test]
fn a_hook_that_leaves_by_another_exit_inside_of_process_exit_lets_the_others_run() {
    let said = ["hook newer exit", "hook leaves exit", "hook older exit"];
    // The code of the first exit stays or is lost: wine tells this parent the one, and one outside of wine the other.
    let outcome = Child::start("exit_in_hook terminate process_exit").finish();
    let code = outcome.code();
    assert!([0, 3].contains(&code), "{code:#x}");
    outcome.must_be(code, &said);
    ends("exit_in_hook c_exit process_exit", 4, &said);
}

#[test]
fn a_hook_that_calls_process_exit_inside_of_process_exit_ends_the_process_at_once() {
    ends("exit_in_hook process_exit process_exit", 3, &["hook newer exit", "hook leaves exit"]);
}

#[test]
fn a_hook_that_calls_terminate_lets_the_others_run_and_the_first_code_stays() {
    let said = ["hook newer exit", "hook leaves exit", "hook older exit"];
    ends("exit_in_hook terminate c_exit", 4, &said);
}

#[test]
fn a_hook_of_an_event_that_exits_lets_the_others_run_and_the_event_decides() {
    for how in ["process_exit", "c_exit", "terminate"] {
        let child = Child::ready(&format!("exit_in_hook {how} wait")).event(CTRL_C);
        let said = ["ready", "hook newer SIGINT", "hook leaves SIGINT", "hook older SIGINT"];
        child.finish().must_be(CONTROL_C_EXIT, &said);
    }
}

#[test]
fn main_that_returns_while_hooks_of_an_event_run_waits_for_them_and_the_event_decides() {
    for how in ["return", "c_exit", "terminate"] {
        let mut child = Child::ready(&format!("exit_while_hooks_run {how}")).event(BREAK).until("begun");
        child.send("go on");
        let said = ["ready", "hook newer SIGBREAK", "begun", "hook slow SIGBREAK", "hook older SIGBREAK"];
        child.finish().must_be(CONTROL_C_EXIT, &said);
    }
}

#[test]
fn process_exit_while_hooks_of_an_event_run_cuts_that_hook_and_runs_the_others() {
    let outcome = Child::ready("exit_while_hooks_run process_exit").event(BREAK).finish();
    assert_eq!(outcome.code(), CONTROL_C_EXIT, "{outcome:?}");
    let hooks: Vec<_> = outcome.hooks().collect();
    // The exit may come before the slow hook has begun.
    assert!(["newer SIGBREAK", "older SIGBREAK"].iter().all(|hook| hooks.contains(hook)), "{outcome:?}");
}

#[test]
fn an_exit_among_threads_that_allocate_and_start_threads_runs_hooks() {
    for (how, code) in [("return", 0), ("process_exit", 3), ("terminate", 7)] {
        ends(&format!("exit_among_threads {how}"), code, BY_EXIT);
    }
}

#[test]
fn a_guard_runs_at_its_scopes_end_and_a_hook_that_was_taken_back_never() {
    ends("guard", 0, &["in the scope", "hook guarded exit", "out of the scope", "hook older exit"]);
}

#[test]
fn phases_run_in_order() {
    ends("phases", 0, &["hook first exit", "hook newer exit", "hook older exit", "hook last exit"]);
}

#[test]
fn a_hook_may_use_threads_locks_output_and_thread_locals_where_threads_are_left() {
    for (how, code) in [("return", 0), ("c_exit", 4), ("terminate", 7)] {
        ends(&format!("locals {how}"), code, &["by println: 42", "hook rich exit"]);
    }
}

#[test]
fn a_handler_of_the_c_runtime_that_stood_before_ours_is_called_after_the_hooks() {
    let said = ["ready", "hook newer SIGTERM", "hook older SIGTERM", "the previous handler"];
    let outcome = Child::start("previous_raise").finish();
    outcome.must_be(3, &said);
}

#[test]
fn declared_hooks_are_installed_with_every_linker() {
    Child::of(env!("CARGO_BIN_EXE_declared"), "install").finish().must_be(0, &["hook first exit", "hook older exit"]);
}

#[test]
fn a_declared_hook_that_was_never_installed_is_reported_in_debug_builds() {
    let outcome = Child::of(env!("CARGO_BIN_EXE_declared"), "forget").finish();
    outcome.must_be(0, &[]).must_report("was never installed");
}
