//! Replays the committed inputs of the fuzz targets, on any toolchain: the corpus, and whatever once made a target fail.
//!
//! An input for `interrupted` interrupts at other instructions here than in the instrumented build that it was found with.

use std::path::Path;
use std::{fs, io, panic};

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are a library's for the fuzzer")]
mod targets;

/// Runs the target on each of its inputs, and on none.
fn replay(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/inputs").join(target);
    let entries: Vec<_> = fs::read_dir(&directory).and_then(Iterator::collect::<io::Result<_>>).unwrap();
    assert!(!entries.is_empty(), "{} is empty", directory.display());
    let mut failed = Vec::new();
    for path in entries.iter().map(fs::DirEntry::path) {
        let input = fs::read(&path).unwrap();
        if panic::catch_unwind(|| run(&input)).is_err() {
            failed.push(path);
        }
    }
    assert!(failed.is_empty(), "{target} fails on {failed:#?}");
    run(&[]);
}

#[test]
fn g1_g2_g5_the_registry_does_what_the_model_says_of_every_input() {
    replay("registry", targets::registry::run);
}

#[test]
fn g5_the_registry_stands_the_interrupts_of_every_input() {
    replay("interrupted", targets::interrupted::run);
}

#[test]
fn g11_signals_sets_and_refusals_are_what_they_should_be_for_every_input() {
    replay("adapter", targets::adapter::run);
}
