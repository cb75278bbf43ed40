//! A handler runs the hooks where there is no watcher; another thread registers the first ordinary hook meanwhile, and the watcher goes
//! on. What the thread that the handler is on does then.

use terminate_tests::{Child, Ended, Signal};

// It was a race between the watcher, which ended the process by the first signal, and the thread that aborts.
#[test]
fn g8_a_hook_that_aborts_in_a_handler_ends_the_process_by_that_whoever_runs_the_others() {
    for signal in [Signal::TERM, Signal::INT] {
        for _ in 0..20 {
            let child = Child::ready(&format!("handed-over-abort {}", signal.as_raw()));
            child.signal(signal);
            let outcome = child.finish();
            let all = ["I", "late", "S"].map(|name| format!("{name} signal {}", signal.as_raw()));
            outcome.must_be(Ended::by(Signal::ABRT), &all.each_ref().map(String::as_str));
            outcome.must_complain("aborted; going on with the others");
        }
    }
}

#[test]
fn g10_a_child_that_a_hook_has_forked_in_a_handler_ends_as_its_parent_does() {
    let outcome = Child::start("handed-over-fork").finish();
    let all = ["I signal 15", "the child ended by 15", "late signal 15", "S signal 15"];
    outcome.must_be(Ended::by(Signal::TERM), &all);
}

// The guard was taken for a hook of the pass that had aborted, and was looked at when it was gone.
#[test]
fn a_guard_that_runs_on_the_thread_that_has_handed_over_is_none_of_the_passs_hooks() {
    for _ in 0..5 {
        let outcome = Child::start("handed-over-guard").finish();
        outcome.must_be(Ended::by(Signal::TERM), &["I signal 15", "late signal 15"]);
        assert!(!outcome.stderr.contains("guard"), "{outcome:#?}");
        outcome.must_complain("did not return");
    }
}

#[test]
fn the_deadline_counts_from_the_first_hook_on_whoever_goes_on() {
    let child = Child::ready("handed-over-deadline");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::TERM), &["I signal 15"]);
    outcome.must_complain("did not return within 2s");
}
