//! A Python extension: its scratch file is gone at each end of the interpreter, which ends as it does without it.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use terminate_tests::{Child, Ended, Fixture, Signal, example};

/// Python with the extension, which has made its file. Then it does the rest, which calls `ready`.
fn start(then: &str) -> (Child, TempDir) {
    let place = tempfile::tempdir().unwrap();
    let library = example("libguide_python.so");
    std::os::unix::fs::symlink(library, place.path().join("guide_python.so")).unwrap();
    let program = format!(
        "import guide_python, os, sys\n\
         guide_python.create('{scratch}')\n\
         def ready(): print('ready' if os.path.exists('{scratch}') else 'no file', flush=True)\n{then}\n",
        scratch = place.path().join("scratch").display()
    );
    let script = place.path().join("program.py");
    std::fs::write(&script, program).unwrap();
    let child = Fixture::of_path(&python(), script.to_str().unwrap()).start();
    (child.until_ready(), place)
}

/// The interpreter itself: what is called `python3` may be a shell script, with an end of its own.
fn python() -> PathBuf {
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output().unwrap();
    String::from_utf8(python.stdout).unwrap().into()
}

#[track_caller]
fn must_end(then: &str, signal: Option<Signal>, ended: Ended) {
    let (child, place) = start(then);
    signal.inspect(|&signal| child.signal(signal));
    child.finish().must_end(ended);
    assert!(!place.path().join("scratch").exists(), "{then} {signal:?}");
}

#[test]
fn the_extension_removes_its_file_at_each_exit_of_the_interpreter() {
    must_end("ready()", None, Ended::Code(0));
    must_end("ready(); sys.exit(3)", None, Ended::Code(3));
    must_end("ready(); raise ValueError", None, Ended::Code(1));
    must_end("ready(); guide_python.create(sys.argv[0] + '2')", None, Ended::Code(0));
}

#[test]
fn the_extension_removes_its_file_after_each_signal_and_ctrl_c_stays_an_exception() {
    let waits = "ready(); sys.stdin.read()";
    must_end(waits, Some(Signal::TERM), Ended::by(Signal::TERM));
    must_end(waits, Some(Signal::HUP), Ended::by(Signal::HUP));
    must_end(waits, Some(Signal::INT), Ended::by(Signal::INT));
    let catches = "try: ready(); sys.stdin.read()\nexcept KeyboardInterrupt: sys.exit(5)";
    must_end(catches, Some(Signal::INT), Ended::Code(5));
}
