//! Which C library the fixture runs with. `cargo xtask glibc` says which one it must be.

use std::env;

use terminate_tests::{Child, Fixture};

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
