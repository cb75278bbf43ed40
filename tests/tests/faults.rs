//! Faults: the handler-safe hooks that requested them run in the handler, and the process dies as without us (G1, G8, traps 9 and 10).

use terminate_tests::{Child, Ended, Fixture, Signal};

const FAULTS: &[(&str, Signal)] = &[
    ("null", Signal::SEGV),
    #[cfg(target_arch = "x86_64")]
    ("division", Signal::FPE),
    ("illegal", Signal::ILL),
    ("breakpoint", Signal::TRAP),
    ("bus", Signal::BUS),
    ("system-call", Signal::SYS),
];

#[test]
fn g1_a_fault_runs_the_handler_safe_hooks_that_requested_it_once() {
    for &(kind, signal) in FAULTS {
        let number = signal.as_raw();
        let specs = format!("ordinary A:{number}:safe other:USR1:safe B:TERM+{number}:safe");
        let outcome = Child::start(&format!("fault {specs} -- {kind}")).finish();
        outcome.must_be(Ended::by(signal), &[&format!("B {signal}"), &format!("A {signal}")]);
    }
}

#[test]
fn g1_a_fault_on_another_thread_runs_them_too() {
    let outcome = Child::start("fault ordinary A:SEGV:safe -- thread-null").finish();
    outcome.must_be(Ended::by(Signal::SEGV), &["A SIGSEGV"]);
}

#[test]
fn g1_the_signal_of_a_fault_that_is_sent_runs_all_hooks_and_ends_the_process_by_it() {
    for &(_, signal) in FAULTS {
        let number = signal.as_raw();
        let all = [&format!("A {signal}")[..], &format!("ordinary {signal}")];
        let child = Child::ready(&format!("hooks ordinary A:{number}:safe -- idle"));
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &all);
        // By the process itself.
        let outcome = Child::start(&format!("hooks ordinary A:{number}:safe -- raise {number}")).finish();
        outcome.must_be(Ended::by(signal), &all);
        let outcome = Child::start(&format!("hooks B:safe A:{number}:safe -- raise {number}")).finish();
        outcome.must_be(Ended::by(signal), &[all[0], &format!("B {signal}")]);
    }
}

#[test]
fn g8_a_fault_or_its_signal_is_the_end_though_another_thread_exits_during_its_hooks() {
    for how in ["sent", "real"] {
        for _ in 0..20 {
            Child::start(&format!("fault-during-exit {how}")).finish().must_end(Ended::by(Signal::SYS));
        }
    }
}

#[test]
fn g8_a_fault_that_no_hook_requested_runs_none() {
    for &(kind, signal) in FAULTS {
        Child::start(&format!("fault ordinary A:safe -- {kind}")).finish().must_be(Ended::by(signal), &[]);
    }
}

#[test]
fn g8_the_core_flag_of_a_fault_is_that_of_a_process_without_us() {
    let directory = tempfile::tempdir().unwrap();
    for &(kind, signal) in FAULTS {
        let end = |specs: &str| {
            Fixture::new(&format!("fault {specs} -- {kind}")).with_core(directory.path()).start().finish()
        };
        let number = signal.as_raw();
        end(&format!("A:{number}:safe")).must_be(end("").ended, &[&format!("A {signal}")]);
    }
}

#[test]
fn g8_a_stack_overflow_keeps_its_message_and_its_end() {
    for (kind, thread) in [("overflow", "main"), ("thread-overflow", "deep")] {
        let without_us = Child::start(&format!("fault -- {kind}")).finish();
        let outcome = Child::start(&format!("fault ordinary A:SEGV:safe -- {kind}")).finish();
        outcome.must_be(without_us.ended, &["A SIGSEGV"]);
        outcome.must_end(Ended::by(Signal::ABRT));
        outcome.must_complain(&format!("thread '{thread}'"));
        outcome.must_complain("has overflowed its stack");
    }
}

#[test]
fn g8_a_stack_overflow_where_the_abort_is_requested_too_runs_each_hook_once() {
    let outcome = Child::start("fault B:ABRT:safe A:SEGV:safe -- overflow").finish();
    outcome.must_be(Ended::by(Signal::ABRT), &["A SIGSEGV", "B SIGABRT"]);
    outcome.must_complain("has overflowed its stack");
}

#[test]
fn g1_the_same_fault_again_in_a_hook_ends_the_process_by_it() {
    let outcome = Child::start("fault-in-hook null null").finish();
    outcome.must_be(Ended::by(Signal::SEGV), &["B SIGSEGV"]);
}

#[test]
fn g1_another_fault_in_a_hook_lets_the_others_run() {
    for (first, second) in [("null", "illegal"), ("illegal", "null"), ("bus", "null")] {
        let outcome = Child::start(&format!("fault-in-hook-with-room {first} {second}")).finish();
        outcome.must_end(Ended::by(if second == "null" { Signal::SEGV } else { Signal::ILL }));
        let [b, a] = outcome.after_ready()[..] else { panic!("{outcome:#?}") };
        assert!(b.starts_with("B SIG") && a.starts_with("A SIG"), "{outcome:#?}");
    }
}

#[test]
fn g1_another_fault_in_a_hook_on_a_small_stack_ends_the_process_at_least() {
    for (first, second) in [("null", "illegal"), ("illegal", "null")] {
        let outcome = Child::start(&format!("fault-in-hook {first} {second}")).finish();
        assert!([Ended::by(Signal::SEGV), Ended::by(Signal::ILL)].contains(&outcome.ended), "{outcome:#?}");
        let names = outcome.after_ready().into_iter().map(|event| &event[..1]).collect::<String>();
        assert!(["B", "BA"].contains(&names.as_str()), "{outcome:#?}");
    }
}

#[test]
fn g1_a_fault_in_an_ordinary_hook_runs_what_can_run_and_dies_by_it() {
    let child = Child::ready("fault-in-ordinary-hook");
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_be(Ended::by(Signal::SEGV), &["on fault SIGTERM", "B SIGTERM"]);
}

#[test]
fn g1_two_threads_that_fault_at_once_run_each_hook_once() {
    for kinds in ["null null", "null illegal"] {
        for _ in 0..25 {
            let mut child = Child::ready(&format!("two-faults {kinds}"));
            child.send("go");
            let outcome = child.finish();
            let [b, a] = outcome.after_ready()[..] else { panic!("{outcome:#?}") };
            let names = [b, a].map(|event| event.split_once(' ').map(|(name, _)| name));
            assert_eq!(names, [Some("B"), Some("A")], "{outcome:#?}");
            let possible = [Ended::by(Signal::SEGV), Ended::by(Signal::ILL)];
            assert!(possible.contains(&outcome.ended), "{outcome:#?}");
        }
    }
}

// It was taken for the end, since no handler stood before, and every exit waited for that.
#[test]
fn g1_a_fault_that_a_later_handler_repairs_is_not_the_end() {
    for place in ["main", "thread"] {
        let outcome = Child::start(&format!("fault-repaired-later {place}")).finish();
        outcome.must_be(Ended::Code(0), &["S SIGSEGV", "repaired", "went on", "A exit"]);
    }
}
