//! Programs without `/proc`, without a free descriptor, or that are not dumpable: hooks run, and nothing hangs for ever.

use terminate_tests::{Child, Ended, Signal, at_once, kernel, skipped};

const SCARCE: [&str; 3] = ["proc", "descriptors", "dumpable"];

/// Starts the fixture without that, or skips where the kernel refuses.
#[track_caller]
fn without(what: &str, kind_and_end: &str) -> Option<Child> {
    let mut child = Child::start(&format!("case-scarce {what} {kind_and_end}"));
    let first = child.expect_value("");
    if let Some(reason) = first.strip_prefix("refused: ") {
        skipped(&format!("this process cannot give up {what}: {reason}"));
        return None;
    }
    assert_eq!(first, "ready");
    Some(child)
}

fn all(cause: &str) -> [String; 3] {
    ["C", "B", "A"].map(|name| format!("{name} {cause}"))
}

#[test]
fn hooks_run_at_every_cause_without_proc_descriptors_or_dumpability() {
    for what in SCARCE {
        for kind in ["returns", "panics"] {
            for (end, cause, code) in [("exit 3", "exit", 3), ("return", "exit", 0), ("panic", "panic", 101)] {
                let Some(child) = without(what, &format!("{kind} {end}")) else { continue };
                child.finish().must_be(Ended::Code(code), &all(cause).each_ref().map(String::as_str));
            }
            let Some(child) = without(what, &format!("{kind} idle")) else { continue };
            child.signal(Signal::TERM);
            let signalled = all("SIGTERM");
            child.finish().must_be(Ended::by(Signal::TERM), &signalled.each_ref().map(String::as_str));
        }
    }
}

// Where the library cannot see that the hook is lost, the deadline is the limit.
#[test]
fn a_hook_that_exits_during_mains_exit_holds_up_nothing_for_ever() {
    let insides = SCARCE.into_iter().flat_map(|what| ["exit", "c-exit", "quick-exit"].map(|inside| (what, inside)));
    let cases = insides.flat_map(|(what, inside)| ["exit 5", "c-exit 5"].map(|main| (what, inside, main)));
    at_once(cases, |(what, inside, main)| {
        let Some(mut child) = without(what, &format!("{inside} {main}")) else { return };
        child.signal(Signal::TERM);
        child.expect("main ends");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let hooks = ["C SIGTERM", "B SIGTERM", "main ends", "A SIGTERM"];
        child.finish().must_be(Ended::by(Signal::TERM), &hooks);
    });
}
