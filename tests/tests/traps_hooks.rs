//! Traps 2 and 3: what a hook does that it had better not, and what it may use however late it runs.

use terminate_tests::{Child, Ended, Outcome, Signal};

/// A scenario, ended by main or by a signal, with the cause that hooks get and the end that the parent sees.
const WAYS: [(&str, &str, Ended); 5] = [
    ("return", "exit", Ended::Code(0)),
    ("exit 3", "exit", Ended::Code(3)),
    ("thread-exit 3", "exit", Ended::Code(3)),
    ("panic", "panic", Ended::Code(101)),
    ("idle", "SIGTERM", Ended::by(Signal::TERM)),
];

fn run(scenario: &str, end: &str) -> Outcome {
    let child = Child::ready(&format!("{scenario} -- {end}"));
    if end == "idle" {
        child.signal(Signal::TERM);
    }
    child.finish()
}

/// The hook does that, and says what is expected; the others run before and after it.
#[track_caller]
fn in_a_hook(does: &str, says: &[&str]) {
    for (end, cause, ended) in WAYS {
        let outcome = run(&format!("trap-hook {does}"), end);
        let [c, b, a] = ["C", "B", "A"].map(|name| format!("{name} {cause}"));
        let says: Vec<String> = says.iter().map(|event| event.replace("CAUSE", cause)).collect();
        let says = says.iter().map(String::as_str);
        let expected: Vec<&str> = [c.as_str(), &b].into_iter().chain(says).chain([a.as_str()]).collect();
        outcome.must_be(ended, &expected);
    }
}

#[test]
fn trap_02_a_hook_that_exits_lets_the_others_run_and_the_first_cause_decides() {
    for does in ["exit 9", "c-exit 9", "quick-exit 9"] {
        let outcome = run(&format!("trap-hook {does}"), "idle");
        outcome.must_be(Ended::by(Signal::TERM), &["C SIGTERM", "B SIGTERM", "A SIGTERM"]);
    }
    // The first exit decides.
    for (does, end, code) in
        [("c-exit 9", "exit 3", 3), ("exit 9", "c-exit 3", 3), ("exit 9", "exit 3", 3), ("exit 9", "return", 0)]
    {
        let outcome = run(&format!("trap-hook {does}"), end);
        outcome.must_be(Ended::Code(code), &["C exit", "B exit", "A exit"]);
    }
}

#[test]
fn trap_02_hooks_that_all_exit_one_after_the_other_all_run() {
    for (end, cause, ended) in [
        ("exit 3", "exit", Ended::Code(3)),
        ("return", "exit", Ended::Code(0)),
        ("idle", "SIGTERM", Ended::by(Signal::TERM)),
    ] {
        let outcome = run("trap-hook all c-exit 9", end);
        outcome.must_be(ended, &["C", "B", "A"].map(|name| format!("{name} {cause}")).each_ref().map(String::as_str));
    }
}

#[test]
fn trap_02_a_hook_that_panics_lets_the_others_run() {
    in_a_hook("panics", &[]);
}

#[test]
fn trap_02_a_hook_that_registers_another_has_it_run_in_the_same_pass() {
    in_a_hook("registers", &["B returns", "new CAUSE"]);
}

#[test]
fn trap_02_a_hook_that_unregisters_itself_gets_the_error_running() {
    in_a_hook("unregisters-itself", &["Some(Err(Running))", "B returns"]);
}

#[test]
fn trap_02_a_hook_that_forks_has_no_hook_run_in_the_child() {
    // Not `process::exit`: Rust aborts a process that is in it already, and a child is a copy.
    for end in ["c-exit 4", "quick-exit 4", "_exit 4"] {
        in_a_hook(&format!("forks {end}"), &["child Code(4)", "B returns"]);
    }
    in_a_hook("execs", &["child Code(0)", "B returns"]);
}

#[test]
fn trap_02_a_hook_that_aborts_ends_the_process_by_it() {
    for (end, cause, _) in WAYS {
        let outcome = run("trap-hook abort", end);
        outcome.must_be(Ended::by(Signal::ABRT), &[&format!("C {cause}"), &format!("B {cause}")]);
    }
}

#[test]
fn trap_02_a_hook_that_never_returns_is_named_at_the_deadline_and_the_cause_decides() {
    for (end, cause, ended) in WAYS {
        let outcome = run("trap-hook-with-deadline 100 never-returns", end);
        outcome.must_be(ended, &["C", "B", "A"].map(|name| format!("{name} {cause}")).each_ref().map(String::as_str));
        outcome.must_complain("the hook \"B\" made at ");
        outcome.must_complain("did not return within 100ms");
    }
}

#[test]
fn trap_02_hooks_that_all_never_return_are_each_named_at_a_deadline_of_their_own() {
    for (end, cause, ended) in WAYS {
        let outcome = run("trap-hook-with-deadline 100 all never-returns", end);
        outcome.must_be(ended, &["C", "B", "A"].map(|name| format!("{name} {cause}")).each_ref().map(String::as_str));
        for name in ["C", "B", "A"] {
            outcome.must_complain(&format!("the hook \"{name}\" made at "));
        }
    }
}

#[test]
fn trap_02_a_hook_prints_at_mains_return_which_unlocks_standard_output() {
    let outcome = Child::start("trap-locked-stdout 0 return").finish();
    outcome.must_be(Ended::Code(0), &["B exit", "printed", "A exit"]);
}

#[test]
fn trap_02_a_hook_that_prints_waits_until_another_thread_unlocks_standard_output() {
    let mut child = Child::ready("trap-locked-stdout 0 released");
    child.signal(Signal::TERM);
    child.expect("B SIGTERM");
    child.send("go");
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["B SIGTERM", "printed", "A SIGTERM"]);
}

#[test]
fn trap_02_a_hook_that_prints_to_an_output_that_stays_locked_is_named_at_the_deadline() {
    for (end, cause, ended) in WAYS.into_iter().filter(|(end, ..)| ["exit 3", "idle"].contains(end)) {
        let child = Child::ready(&format!("trap-locked-stdout 100 {end}"));
        if end == "idle" {
            child.signal(Signal::TERM);
        }
        let outcome = child.finish();
        outcome.must_be(ended, &[&format!("B {cause}"), &format!("A {cause}")]);
        outcome.must_complain("the hook \"the one that prints\" made at ");
    }
}

#[test]
fn trap_03_a_hook_may_start_threads_lock_and_talk_to_them_at_any_end() {
    in_a_hook("uses spawn", &["joined true", "B returns"]);
    in_a_hook("uses current", &["this thread true", "B returns"]);
    in_a_hook("uses channel", &["received Ok(42)", "B returns"]);
    in_a_hook("uses lock", &["seen true", "B returns"]);
}

#[test]
fn trap_03_a_hook_may_print_use_a_hash_map_and_run_a_command_at_any_end() {
    in_a_hook("uses println", &["printed", "B returns"]);
    in_a_hook("uses hash-map", &["found Some(144)", "B returns"]);
    in_a_hook("uses command", &["from a child", "B returns"]);
}

// The hooks run on a thread of their own, which is not about to end.
#[test]
fn trap_03_a_hook_may_use_a_thread_local_with_a_destructor_at_any_end() {
    in_a_hook("uses thread-local-if-there", &["try_with true", "B returns"]);
    in_a_hook("uses thread-local", &["with 0", "B returns"]);
}
