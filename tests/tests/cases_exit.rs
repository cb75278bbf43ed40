//! Exits that meet the locks of the C library, and more guards than a table of 64 holds.

use terminate_tests::{Child, Ended, Outcome, Signal, at_once, kernel};

/// How a hook or a guard exits, with code 9. glibc 2.41 lets one thread into any of the three.
const INSIDE: [&str; 3] = ["c-exit 9", "quick-exit 9", "exit 9"];
/// How main exits, and the code.
const MAIN: [(&str, i32); 3] = [("c-exit 5", 5), ("exit 5", 5), ("return", 0)];

/// Lets the hook that waits go on when every thread waits.
#[track_caller]
fn go(mut child: Child) -> Outcome {
    kernel::until_all_asleep(child.pid());
    child.send("go");
    child.finish()
}

#[test]
fn a_hook_that_exits_during_mains_exit_lets_the_others_run() {
    for inside in INSIDE {
        for (main, _) in MAIN {
            let mut child = Child::ready(&format!("trap-both-exit {main} -- {inside}"));
            child.signal(Signal::TERM);
            child.expect("a thread is in exit");
            let all = ["C SIGTERM", "B SIGTERM", "a thread is in exit", "A SIGTERM"];
            go(child).must_be(Ended::by(Signal::TERM), &all);
        }
    }
}

#[test]
fn main_that_exits_after_a_hook_did_leaves_the_signal_status() {
    for inside in INSIDE {
        for (main, _) in MAIN {
            let mut child = Child::ready(&format!("case-first-cause hook {inside} -- {main}"));
            child.signal(Signal::TERM);
            child.expect("second cause");
            let all = ["B SIGTERM", "A begins, SIGTERM", "second cause", "A ends"];
            go(child).must_be(Ended::by(Signal::TERM), &all);
        }
    }
}

#[test]
fn a_guard_that_exits_during_mains_exit_leaves_mains_code() {
    for inside in INSIDE {
        for (main, code) in MAIN {
            let mut child = Child::start(&format!("guard-ends {inside} -- {main}"));
            child.expect("a thread is in exit");
            let outcome = go(child);
            outcome.must_end(Ended::Code(code));
            outcome.must_say_once("A exit");
        }
    }
}

#[test]
fn main_that_exits_after_a_guard_did_leaves_the_guards_code() {
    for inside in INSIDE {
        for (main, _) in MAIN {
            let mut child = Child::ready(&format!("case-first-cause guard {inside} -- {main}"));
            child.expect("second cause");
            let all = ["guard exit", "A begins, exit", "second cause", "A ends"];
            go(child).must_be(Ended::Code(9), &all);
        }
    }
}

// glibc 2.41 flushes every stream in `exit`, and waits for the lock of one that main is in.
#[test]
fn an_exit_code_after_sigterm_does_not_wait_for_main_in_stdio() {
    const STATUSES: [(&str, i32); 4] = [("3", 3), ("success", 0), ("number", 15), ("shell", 143)];
    let cases = ["getchar", "flockfile"].into_iter().flat_map(|how| STATUSES.map(|status| (how, status)));
    at_once(cases, |(how, (status, code))| {
        let child = Child::ready(&format!("case-stdio {how} A:status={status}"));
        kernel::until_all_asleep(child.pid());
        child.signal(Signal::TERM);
        let outcome = child.finish();
        outcome.must_end(Ended::Code(code));
        outcome.must_say_once("A SIGTERM");
    });
}

#[test]
fn seventy_guards_in_their_calls_all_return_before_the_process_ends() {
    const COUNTED: usize = 64;
    const ALL: usize = 70;
    let mut child = Child::ready(&format!("case-guards {ALL}"));
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    // Those that a table of 64 would hold.
    child.send(&COUNTED.to_string());
    for _ in 0..COUNTED {
        child.expect_value("guard ");
    }
    kernel::until_all_asleep(child.pid());
    child.send(&ALL.to_string());
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    for n in 0..ALL {
        outcome.must_say_once(&format!("guard {n} ends"));
    }
}
