//! Exceptions that nothing handles: the handler-safe hooks that request them run, and the exception decides.
#![cfg(windows)]

use terminate_windows::{ACCESS_VIOLATION, Child, is_wine, skipped};

const ILLEGAL_INSTRUCTION: i32 = 0xC000_001D_u32.cast_signed();
const INTEGER_DIVIDE_BY_ZERO: i32 = 0xC000_0094_u32.cast_signed();

const KINDS: [(&str, &str, i32); 3] = [
    ("null", "hook asked SIGSEGV", ACCESS_VIOLATION),
    ("illegal", "hook asked SIGILL", ILLEGAL_INSTRUCTION),
    ("divide", "hook asked SIGFPE", INTEGER_DIVIDE_BY_ZERO),
];

#[test]
fn a_fault_runs_the_hooks_that_asked_and_keeps_its_code() {
    for scenario in ["fault", "fault_in_thread"] {
        for (how, hook, code) in KINDS {
            Child::start(&format!("{scenario} {how}")).finish().must_be(code, &[hook]);
        }
    }
}

#[test]
fn a_filter_that_stood_before_ours_is_called_after_the_hooks() {
    for (how, hook, code) in KINDS {
        Child::start(&format!("fault_chained {how}")).finish().must_be(code, &[hook, "the previous filter"]);
    }
}

#[test]
fn a_stack_overflow_runs_the_hooks_that_asked() {
    const STACK_OVERFLOW: i32 = 0xC000_00FD_u32.cast_signed();
    if is_wine() {
        return skipped("a_stack_overflow_runs_the_hooks_that_asked", "wine ends the thread, and calls no filter");
    }
    Child::start("fault_in_thread overflow").finish().must_be(STACK_OVERFLOW, &["hook asked SIGSEGV"]);
}
