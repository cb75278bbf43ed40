//! Which C library the fixture runs with, and what its loader does. `cargo xtask glibc` says which one it must be.

use std::env;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use terminate_tests::{Child, Ended, Fixture};

#[test]
fn the_fixture_runs_with_the_c_library_that_the_environment_names() {
    let fixtures = [Child::start("c-library"), Fixture::new("c-library").whose_panics_abort().start()];
    for fixture in fixtures {
        let outcome = fixture.finish();
        println!("{}", outcome.events.join("\n"));
        if let Ok(version) = env::var("TERMINATE_GLIBC") {
            assert_eq!(outcome.events, [format!("glibc {version}")], "{outcome:#?}");
        }
    }
}

// The loader takes the first argument for the program's file, and opens it where it is to open the program again.
#[test]
fn a_program_whose_name_is_that_of_a_pipe_registers_hooks() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let path = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let outcome = Fixture::new("hooks A -- exit 3").named(&pipe).start().finish();
    outcome.must_be(Ended::Code(3), &["A exit"]);
}
