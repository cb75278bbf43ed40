//! Panics in a program that aborts on panic. `cargo xtask windows` builds that fixture, and names it in `TERMINATE_FIXTURE_ABORT`.
#![cfg(windows)]

use terminate_windows::{Child, FAST_FAIL, skipped};

#[test]
fn hooks_run_before_a_panic_aborts() {
    let Some(fixture) = std::env::var_os("TERMINATE_FIXTURE_ABORT") else {
        return skipped("hooks_run_before_a_panic_aborts", "no fixture that aborts on panic");
    };
    let said = ["hook newer panic", "hook older panic"];
    for how in ["panic", "panic_in_thread", "caught_panic", "panic_that_must_not_unwind"] {
        Child::of(&fixture, &format!("end {how}")).finish().must_be(FAST_FAIL, &said);
    }
}
