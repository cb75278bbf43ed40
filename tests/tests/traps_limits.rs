//! Traps 11 and 12: output without a reader, and a kernel that has nothing left to give.

use terminate_tests::platform::REPEATS_RECORDS;
use terminate_tests::{Child, Ended, Signal, skipped};

#[test]
fn trap_11_a_hook_that_prints_or_panics_without_a_reader_lets_the_others_run() {
    for device in ["closed-pipes", "full-disk", "closed"] {
        for does in ["println", "eprintln", "panic"] {
            for (end, ended, cause) in [("return", Ended::Code(0), "exit"), ("exit 3", Ended::Code(3), "exit")] {
                let outcome = Child::start(&format!("trap-unread-output {device} {does} -- {end}")).finish();
                outcome.must_be(ended, &hooks(cause).each_ref().map(String::as_str));
            }
            let child = Child::ready(&format!("trap-unread-output {device} {does} -- idle"));
            child.signal(Signal::TERM);
            child.finish().must_be(Ended::by(Signal::TERM), &hooks("SIGTERM").each_ref().map(String::as_str));
        }
    }
}

fn hooks(cause: &str) -> [String; 3] {
    ["C", "B", "A"].map(|name| format!("{name} {cause}"))
}

// A message of ours must not be what ends the process.
#[test]
fn trap_11_no_message_to_a_closed_pipe_cuts_the_hooks() {
    for what in ["hangs", "panics"] {
        Child::start(&format!("trap-sigpipe {what} exit 5")).finish().must_be(Ended::Code(5), &["A exit", "B exit"]);
        let child = Child::ready(&format!("trap-sigpipe {what} idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "B SIGTERM"]);
    }
}

#[test]
fn trap_10_a_filter_that_refuses_a_system_call_of_ours_keeps_the_hooks_and_the_end() {
    let child = Child::ready("trap-refused getpid A B -- exit 5");
    child.finish().must_be(Ended::Code(5), &["B exit", "A exit"]);
    let child = Child::ready("trap-refused getpid A B -- idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(128 + 15), &["B SIGTERM", "A SIGTERM"]);
    // By the signal is not to be had: its default action cannot be put in place.
    for (specs, how, code, cause) in [
        ("A B", "raise TERM", 128 + 15, "SIGTERM"),
        ("A B:ABRT", "abort", 128 + 6, "SIGABRT"),
        ("A:safe B:ABRT:safe", "abort", 128 + 6, "SIGABRT"),
    ] {
        let outcome = Child::ready(&format!("trap-refused rt_sigaction {specs} -- {how}")).finish();
        let events = ["B", "A"].map(|name| format!("{name} {cause}"));
        outcome.must_be(Ended::Code(code), &events.each_ref().map(String::as_str));
    }
}

#[test]
fn trap_12_without_a_thread_the_first_hook_comes_back_and_nothing_is_half_installed() {
    for (what, error) in [("processes", libc::EAGAIN), ("memory", libc::EAGAIN)] {
        let mut child = Child::start(&format!("trap-no-thread {what}"));
        let first = child.expect_value("");
        if let Some(reason) = first.strip_prefix("refused: ") {
            skipped(&format!("the kernel does not let this process become the user nobody: {reason}"));
            continue;
        }
        assert!(first.starts_with(&format!("no runner: Os {{ code: {error},")), "{first}");
        child.expect("nothing changed: true");
        child.expect("threads: 1");
        child.expect("ready");
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    }
}

#[test]
fn trap_12_where_no_signal_can_be_queued_signals_run_the_hooks_and_the_end_is_truthful() {
    for signal in [Signal::TERM, Signal::USR1, Signal::real_time(3).unwrap()] {
        let number = signal.as_raw();
        for kind in ["", ":safe"] {
            let child = Child::ready(&format!("trap-no-queue A:{number}{kind}"));
            child.signal(signal);
            // A real-time signal that cannot be queued cannot be sent to a thread either; the shell's code says which it was.
            let is_queued = !REPEATS_RECORDS && number > 31;
            let ended = if is_queued { Ended::Code(128 + number) } else { Ended::by(signal) };
            child.finish().must_be(ended, &[&format!("A {signal}")]);
        }
    }
}

#[test]
fn trap_10_an_abort_for_which_the_kernel_has_no_record_runs_the_hooks() {
    for kind in ["", ":safe"] {
        let outcome = Child::start(&format!("trap-no-queue-aborts A:6{kind}")).finish();
        outcome.must_end(Ended::by(Signal::ABRT));
        assert_eq!(outcome.events, ["A SIGABRT"], "{outcome:#?}");
    }
}

#[test]
fn trap_12_a_runner_that_aborts_as_it_starts_is_not_waited_for() {
    for end in ["idle", "exit 3"] {
        let outcome = Child::start(&format!("trap-runner-dies abort {end}")).finish();
        outcome.must_end(Ended::by(Signal::ABRT));
        // The first cause decides.
        let cause = if end == "exit 3" && outcome.count("A exit") == 1 { "exit" } else { "SIGABRT" };
        assert_eq!(outcome.events, [format!("A {cause}")], "{outcome:#?}");
    }
}

#[test]
fn trap_12_a_hook_that_panics_is_named_though_the_process_may_have_no_descriptors() {
    let outcome = Child::start("trap-no-descriptors exit 3").finish();
    outcome.must_be(Ended::Code(3), &[]);
    outcome.must_complain("the hook \"panics\" made at");
}
