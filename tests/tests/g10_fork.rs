//! G10: a hook belongs to the process that registered it.

use terminate_tests::platform::TELLS_EXIT_STATUS;
use terminate_tests::{Child, Ended, Signal, kernel, os, skipped};

#[track_caller]
fn forks(what: &str, in_child: &[&str], ended: &str) {
    let outcome = Child::start(&format!("forks {what} exit 3")).finish();
    outcome.must_end(Ended::Code(3));
    // The parent and the child speak at once, until the parent waits.
    let events: Vec<&str> = outcome.after_ready().into_iter().filter(|event| !is_pid(event)).collect();
    let ended = format!("child ended: {ended}");
    let parents = [ended.as_str(), "guard exit", "A exit", "dropped at home"];
    assert_eq!(events, [in_child, &parents].concat(), "{outcome:#?}");
}

fn is_pid(event: &str) -> bool {
    event.strip_prefix("child ").is_some_and(|pid| pid.parse::<i32>().is_ok())
}

#[test]
fn g10_a_child_that_exits_neither_runs_nor_drops_its_parents_hooks() {
    forks("exits", &[], "Code(5)");
    forks("exits-in-rust", &[], "Code(6)");
}

#[test]
fn g10_a_child_cannot_take_back_its_parents_hooks() {
    forks("unregisters", &["child: Err(Stale)"], "Code(5)");
}

#[test]
fn g10_a_child_may_register_hooks_of_its_own() {
    forks("registers", &["child: Err(Stale), Ok(())", "own B exit", "own A exit"], "Code(5)");
}

#[test]
fn g10_a_fork_while_the_runner_starts_leaves_the_child_able_to_start_its_own() {
    let outcome = Child::start("forks-early 30").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, ["30 of 30 ended"], "{outcome:#?}");
}

#[test]
fn g10_a_signal_in_a_child_acts_as_if_we_were_not_there() {
    for signal in Signal::TERMINATION {
        let mut child = Child::ready("forks idles exit 3");
        let pid = child.expect_value("child ").parse().or_else(|_| child.expect_value("child ").parse()).unwrap();
        if child.events().iter().all(|event| event != "child waits") {
            child.expect("child waits");
        }
        os::kill(pid, signal);
        let outcome = child.finish();
        outcome.must_end(Ended::Code(3));
        let ended = format!("child ended: {:?}", Ended::by(signal));
        let events: Vec<&str> = outcome.after_ready().into_iter().filter(|event| !is_pid(event)).collect();
        assert_eq!(events, ["child waits", &ended, "guard exit", "A exit", "dropped at home"], "{outcome:#?}");
    }
}

#[test]
fn g10_a_signal_in_a_child_with_hooks_of_its_own_runs_those() {
    let mut child = Child::ready("forks registers-and-idles exit 3");
    let pid = child.expect_value("child ").parse().or_else(|_| child.expect_value("child ").parse()).unwrap();
    if child.events().iter().all(|event| event != "child waits") {
        child.expect("child waits");
    }
    os::kill(pid, Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::Code(3));
    let ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    let events: Vec<&str> = outcome.after_ready().into_iter().filter(|event| !is_pid(event)).collect();
    let expected = ["child waits", "own SIGTERM", &ended, "guard exit", "A exit", "dropped at home"];
    assert_eq!(events, expected, "{outcome:#?}");
}

#[test]
fn g10_a_signal_between_fork_and_exec_is_the_childs_alone() {
    let ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    let outcome = Child::start("signal-before-exec").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, [&ended, "ready", "A exit"], "{outcome:#?}");
}

#[test]
fn g10_a_daemon_that_forked_twice_and_closed_everything_has_its_own_hooks() {
    let mut child = Child::start("daemon");
    let pid = child.expect_value("child ").parse().or_else(|_| child.expect_value("child ").parse()).unwrap();
    if child.events().iter().all(|event| event != "daemon waits") {
        child.expect("daemon waits");
    }
    os::kill(pid, Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::Code(0));
    let ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    let events: Vec<&str> = outcome.events.iter().map(String::as_str).filter(|event| !is_pid(event)).collect();
    let expected = ["daemon waits", "daemon B SIGTERM", "daemon A SIGTERM", &ended, "launcher exit"];
    assert_eq!(events, expected, "{outcome:#?}");
}

/// How a child ends that a hook has forked, and that ends as its parent does: it knows no status but the one that it is told.
fn as_a_child_ends(parent: Ended) -> Ended {
    match parent {
        Ended::Code(_) if !TELLS_EXIT_STATUS => Ended::Code(0),
        _ => parent,
    }
}

#[test]
fn g10_a_child_that_returns_from_the_hook_that_forked_it_ends_as_its_parent_does() {
    for (end, ended, cause) in [("exit 3", Ended::Code(3), "exit"), ("return", Ended::Code(0), "exit")] {
        let outcome = Child::start(&format!("hook-forks-and-returns none {end}")).finish();
        let child = format!("child ended: {:?}", as_a_child_ends(ended));
        outcome.must_be(ended, &[&format!("B {cause}"), &child, &format!("A {cause}")]);
        let outcome = Child::start(&format!("hook-forks-and-returns own {end}")).finish();
        outcome.must_be(ended, &[&format!("B {cause}"), "child's own exit", &child, &format!("A {cause}")]);
    }
    let child_ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    for own in ["none", "own"] {
        let child = Child::ready(&format!("hook-forks-and-returns {own} idle"));
        child.signal(Signal::TERM);
        let mut all = vec!["B SIGTERM", "child's own SIGTERM", &child_ended, "A SIGTERM"];
        if own == "none" {
            all.remove(1);
        }
        child.finish().must_be(Ended::by(Signal::TERM), &all);
    }
}

#[test]
fn g10_a_child_that_has_its_parents_process_id_is_a_child_all_the_same() {
    let outcome = Child::start("init-of-init").finish();
    outcome.must_end(Ended::Code(0));
    if let Some(refusal) = outcome.events.iter().find(|event| event.starts_with("refused")) {
        skipped(&format!("no new process namespace here: {refusal}"));
        return;
    }
    let all = ["parent is 1", "child is 1", "child ended: Code(5)", "A exit", "ended: Code(0)"];
    assert_eq!(outcome.events, all, "{outcome:#?}");
}

#[test]
fn g10_the_deadline_holds_in_a_child_that_has_hooks_of_its_own() {
    let outcome = Child::start("forked-deadline").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, ["hangs exit", "child ended: Code(5)", "A exit"], "{outcome:#?}");
    outcome.must_complain("did not return within 150ms");
}

#[test]
fn g10_threads_of_a_child_that_register_its_first_hooks_at_once_lose_none() {
    let outcome = Child::start("forked-threads 3000").finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_say_once("0 of 3000 children did not run each hook once");
}

#[test]
fn g10_an_interrupt_that_came_to_the_parent_is_not_the_childs() {
    let mut child = Child::start("forked-interrupt");
    child.expect("A SIGINT");
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::Code(0));
    let child = ["child: Ok(())", "child ended: Code(0)"];
    let all = [&["A SIGINT"], &child[..], &child, &["parent: Err(Interrupt), then Ok(())"]].concat();
    assert_eq!(outcome.events, all, "{outcome:#?}");
}

#[test]
fn g10_a_child_that_inherits_handler_safe_hooks_alone_gets_no_thread() {
    let ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    for (kind, threads) in [("safe", "1 threads"), ("ordinary", "2 threads")] {
        let outcome = Child::start(&format!("forked-inherited {kind}")).finish();
        outcome.must_end(Ended::Code(0));
        assert_eq!(outcome.events, [threads, "A SIGTERM", &ended, "A exit", "own exit"], "{outcome:#?}");
    }
}

#[test]
fn g11_a_child_without_a_thread_for_its_parents_deadline_gets_no_runner() {
    let outcome = Child::start("forked-deadline-without-thread").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, ["install: Err(AlreadyInstalled)", "no runner: true", "child ended: Code(5)"]);
}

#[test]
fn g10_a_child_that_an_inherited_hook_has_forked_in_a_handler_ends_as_its_parent_does() {
    for (name, signal) in [("TERM", Signal::TERM), ("ABRT", Signal::ABRT)] {
        let outcome = Child::start(&format!("forked-in-handler {name}")).finish();
        let number = signal.as_raw();
        let (ended, previous) = (format!("child ended: {:?}", Ended::by(signal)), format!("previous {number}"));
        let [a, b] = ["A", "B"].map(|hook| format!("{hook} {signal}"));
        outcome.must_end(Ended::by(signal));
        assert_eq!(outcome.events, [&b, &a, &previous, &ended, &a, &previous].map(String::as_str), "{outcome:#?}");
    }
}

#[test]
fn g10_a_child_that_can_have_no_thread_runs_what_it_inherits_at_its_own_ends_alone() {
    for (end, ended, event) in [
        ("exit 5", Ended::Code(5), "A exit"),
        ("signal TERM", Ended::by(Signal::TERM), "A SIGTERM"),
        ("raise TERM", Ended::by(Signal::TERM), ""),
        ("raise INT", Ended::by(Signal::INT), ""),
    ] {
        let outcome = Child::start(&format!("forked-without-thread {end}")).finish();
        outcome.must_end(Ended::Code(0));
        let ended = format!("child ended: {ended:?}");
        let events: Vec<_> = ["child", event, &ended].into_iter().filter(|event| !event.is_empty()).collect();
        assert_eq!(outcome.events, events, "{end}: {outcome:#?}");
        outcome.must_complain("inherited hooks will not run after signals");
    }
}

// There the thread that waits for signals is a copy of its parent's, and took its parent's number for its own.
#[test]
fn g10_a_child_that_a_waker_has_forked_runs_what_it_inherits_and_ends_by_its_signal() {
    for _ in 0..8 {
        let child = Child::ready("at-once waker-forks");
        child.signal(Signal::TERM);
        let ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", &ended, "A SIGTERM"]);
    }
}

#[test]
fn g10_a_child_that_a_hook_has_forked_does_not_wait_for_its_parents_guards() {
    let by_term = (Ended::by(Signal::TERM), "SIGTERM");
    for (place, (ended, cause)) in [("handler", by_term), ("runner", by_term), ("exit", (Ended::Code(3), "exit"))] {
        let mut child = Child::start(&format!("guard-while-a-hook-forks {place}"));
        child.expect_value("child ended: ");
        child.send("go");
        let outcome = child.finish();
        let ended_too = format!("child ended: {:?}", as_a_child_ends(ended));
        outcome.must_be(ended, &["guard begins, exit", &format!("B {cause}"), &ended_too, "guard ends"]);
    }
}

#[test]
fn g10_a_child_that_an_interrupts_hook_forked_ends_as_its_parent_does_without_its_hooks() {
    let child_ended = format!("child ended: {:?}", Ended::by(Signal::TERM));
    let mut child = Child::start("forked-while-interrupted");
    child.expect("I SIGINT");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    kernel::until_all_asleep(child.pid());
    child.send("go");
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    assert_eq!(outcome.events, ["I SIGINT", &child_ended, "A SIGTERM"], "{outcome:#?}");
}
