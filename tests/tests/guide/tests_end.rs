//! A test that starts a program, in a test program of its own: however that ends, the program is gone.

use std::os::unix::fs::PermissionsExt;
use std::{env, fs};

use terminate_tests::{Ended, Fixture, Signal, kernel};

/// Runs the test of the guide with a program that writes down its process id and then does that. Returns how the test
/// program ended, and whether the other one is still there.
fn run(program: &str, signal: Option<Signal>) -> (Ended, bool) {
    let place = tempfile::tempdir().unwrap();
    let (script, id) = (place.path().join("program"), place.path().join("id"));
    let lines = format!("#!/bin/sh\necho $$ > {id}.new\nmv {id}.new {id}\n{program}\n", id = id.display());
    fs::write(&script, lines).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let test = Fixture::of_path(&env::current_exe().unwrap(), "--exact under_test::a_line_comes_back");
    let test = test.with_variable("PROGRAM", script).start();
    kernel::until("the program runs", || id.exists());
    signal.inspect(|&signal| test.signal(signal));
    let ended = test.finish().ended;
    let id = fs::read_to_string(id).unwrap();
    (ended, fs::exists(format!("/proc/{}", id.trim())).unwrap())
}

#[test]
fn a_test_that_passes_leaves_no_program_behind() {
    assert_eq!(run("exec cat", None), (Ended::Code(0), false));
}

#[test]
fn a_test_that_fails_leaves_no_program_behind() {
    assert_eq!(run("echo other\nexec sleep 3600", None), (Ended::Code(101), false));
}

#[test]
fn a_test_that_is_interrupted_leaves_no_program_behind() {
    assert_eq!(run("exec sleep 3600", Some(Signal::INT)), (Ended::by(Signal::INT), false));
}
