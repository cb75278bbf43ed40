//! Traps 6 and 7: process 1, `nohup`, `setsid`, process groups, job control, forks, and daemons.

use std::fs;

use terminate_tests::{Child, Ended, Outcome, Signal, kernel, os, skipped};

/// The first child of a process.
fn child_of(pid: i32) -> Option<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

/// A program in a namespace of its own, and the pid by which we know its process 1. Without one, where the kernel
/// refuses.
fn as_process_1(scenario: &str) -> Option<(Child, i32)> {
    let mut child = Child::start(&format!("trap-under unshare --pid --fork -- {scenario}"));
    let mut refused = false;
    kernel::until("it is process 1, or refused", || {
        let ended = fs::read_to_string(format!("/proc/{}/status", child.pid())).unwrap_or_default();
        refused = kernel::field(&ended, "State").starts_with('Z');
        refused || child_of(child.pid()).is_some()
    });
    if refused {
        let outcome = child.finish();
        assert!(outcome.stderr.contains("unshare failed"), "{outcome:#?}");
        skipped(&format!("no new process namespace here: {}", outcome.stderr));
        return None;
    }
    child.expect("ready");
    let pid = child_of(child.pid()).expect("it is ready, so it is there");
    Some((child, pid))
}

#[test]
fn trap_06_process_1_runs_its_hooks_and_ends_with_128_and_the_signals_number() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        for kind in ["", ":safe"] {
            let Some((child, pid)) = as_process_1(&format!("hooks A{kind} B{kind} -- idle")) else { return };
            os::kill(pid, signal);
            let expected = [format!("B {signal}"), format!("A {signal}")];
            // `unshare` hands on the exit code of its child.
            child.finish().must_be(Ended::Code(code), &expected.each_ref().map(String::as_str));
        }
    }
}

#[test]
fn trap_06_process_1_keeps_its_own_exit_code() {
    let Some((mut child, _)) = as_process_1("hooks A -- line exit 7") else { return };
    child.send("go");
    child.finish().must_be(Ended::Code(7), &["A exit"]);
}

#[test]
fn trap_06_under_nohup_a_hangup_stays_ignored_and_the_hooks_run_at_return() {
    let mut child = Child::ready("trap-under nohup -- hooks A B:HUP -- line return");
    child.signal(Signal::HUP);
    child.send("go");
    child.finish().must_be(Ended::Code(0), &["B exit", "A exit"]);
    let child = Child::ready("trap-under nohup -- hooks A -- idle");
    child.signal(Signal::HUP);
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

#[test]
fn trap_06_a_ctrl_c_for_a_process_group_runs_the_hooks_of_each_program_in_it() {
    // It leads no group, so `setsid` becomes the program, and does not fork.
    let mut child = Child::start("trap-under setsid -- trap-group");
    // Both say it at once.
    child.expect("parent ready");
    if child.events().iter().all(|event| event != "ready") {
        child.expect("ready");
    }
    os::kill(-child.pid(), Signal::INT);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::INT));
    let ended = format!("child ended: {:?}", Ended::by(Signal::INT));
    let from = outcome.events.iter().position(|event| event == "child SIGINT").expect("the child's hook ran");
    assert_eq!(outcome.events[from..], ["child SIGINT", &ended, "parent SIGINT"], "{outcome:#?}");
}

#[test]
fn trap_06_a_process_that_is_stopped_and_requested_to_end_runs_its_hooks_once_it_goes_on() {
    for kind in ["", ":safe"] {
        let child = Child::ready(&format!("hooks A{kind} B{kind} -- idle"));
        child.signal(Signal::STOP);
        os::wait_for_stop(child.pid());
        for signal in [Signal::TERM, Signal::TERM] {
            child.signal(signal);
        }
        assert!(kernel::signal_pending(child.pid()), "it is stopped");
        child.signal(Signal::CONT);
        child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    }
}

#[test]
fn trap_06_a_stop_from_the_terminal_that_no_hook_requested_stops_and_hooks_wait() {
    let child = Child::ready("trap-own-group hooks A -- idle");
    for _ in 0..2 {
        child.signal(Signal::TSTP);
        os::wait_for_stop(child.pid());
        child.signal(Signal::CONT);
    }
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
}

/// What was said after `ready`, without the child's pid.
fn but_pids(outcome: &Outcome) -> Vec<&str> {
    let is_pid =
        |event: &&str| event.rsplit(' ').next().is_some_and(|word| word.len() > 1 && word.parse::<i32>().is_ok());
    outcome.events.iter().map(String::as_str).filter(|event| event.contains("signal") || !is_pid(event)).collect()
}

#[test]
fn trap_07_a_forked_child_that_does_not_exec_neither_runs_nor_drops_hooks_at_any_end() {
    for (what, ended) in [("exits", "Code(5)"), ("exits-in-rust", "Code(6)")] {
        let outcome = Child::start(&format!("forks {what} exit 3")).finish();
        outcome.must_end(Ended::Code(3));
        let ended = format!("child ended: {ended}");
        assert_eq!(but_pids(&outcome), ["ready", &ended, "guard exit", "A exit", "dropped at home"], "{outcome:#?}");
    }
}

#[test]
fn trap_07_a_signal_between_fork_and_exec_ends_the_child_and_runs_no_hook() {
    for signal in Signal::TERMINATION {
        let mut child = Child::start("trap-pre-exec");
        let pid = child.expect_value("before exec ").parse().expect("a pid");
        kernel::until_asleep(pid);
        os::kill(pid, signal);
        let outcome = child.finish();
        outcome.must_end(Ended::Code(0));
        let ended = format!("child ended: {:?}", Ended::by(signal));
        assert_eq!(outcome.events[1..], [&ended, "parent goes on", "A exit"], "{outcome:#?}");
    }
}

#[test]
fn trap_07_a_daemon_without_any_descriptor_runs_hooks_that_open_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let outcome = Child::start(&format!("trap-daemon {}", log.display())).finish();
    outcome.must_end(Ended::Code(0));
    let ended = format!("daemon ended: {:?}", Ended::by(Signal::TERM));
    assert_eq!(outcome.events, [&ended, "serves, B SIGTERM, A SIGTERM, ", "launcher exit"], "{outcome:#?}");
}

#[test]
fn trap_06_an_abort_signal_from_outside_of_the_namespace_is_sent_like_any_other() {
    let Some((child, pid)) = as_process_1("hooks A:ABRT:status=42 -- idle") else { return };
    os::kill(pid, Signal::ABRT);
    child.finish().must_be(Ended::Code(42), &["A SIGABRT"]);
}
