//! A command-line tool: its temporary directory is gone, and its status is true.

use std::fs;

use tempfile::TempDir;
use terminate_tests::{Child, Ended, Fixture, Signal, kernel};

/// The tool, with a directory of its own for temporary files.
fn start() -> (Child, TempDir) {
    let place = tempfile::tempdir().unwrap();
    let child = Fixture::of_example("guide_command_line", "").with_variable("TMPDIR", place.path()).start();
    (child, place)
}

fn left_behind(place: &TempDir) -> usize {
    fs::read_dir(place).unwrap().count()
}

#[test]
fn the_tool_sorts_and_removes_its_directory_when_main_returns() {
    let (mut child, place) = start();
    child.send_bytes(b"pear\napple\n");
    child.end_input();
    let outcome = child.finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, ["apple", "pear"]);
    assert_eq!(left_behind(&place), 0);
}

#[test]
fn the_tool_removes_its_directory_after_each_signal_and_ends_by_it() {
    // Main makes a file in the directory as the signal comes, or before, or not any more.
    for signal in [Signal::INT, Signal::TERM, Signal::HUP].repeat(10) {
        let (child, place) = start();
        kernel::until("the directory is there", || left_behind(&place) == 1);
        child.signal(signal);
        child.finish().must_end(Ended::by(signal));
        assert_eq!(left_behind(&place), 0, "{signal}");
    }
}

#[test]
fn the_tool_removes_its_directory_when_main_returns_an_error() {
    let (mut child, place) = start();
    child.send_bytes(b"\xff\n");
    child.end_input();
    let outcome = child.finish();
    outcome.must_end(Ended::Code(1));
    outcome.must_complain("UTF-8");
    assert_eq!(left_behind(&place), 0);
}

#[test]
fn the_tool_removes_its_directory_though_files_are_added_meanwhile() {
    let (child, place) = start();
    let directory = || fs::read_dir(&place).unwrap().next().map(|entry| entry.unwrap().path());
    kernel::until("the directory is there", || directory().is_some());
    let directory = directory().unwrap();
    // The hook empties it while this adds more, as main might: not for ever, since adding may be the faster of the two.
    let mut files = (0_u32..).map(|n| fs::write(directory.join(format!("file-{n}")), ""));
    assert!(files.by_ref().take(2_000).all(|added| added.is_ok()));
    child.signal(Signal::TERM);
    let _ = files.take(20_000).all(|added| added.is_ok());
    child.finish().must_end(Ended::by(Signal::TERM));
    assert_eq!(left_behind(&place), 0);
}
