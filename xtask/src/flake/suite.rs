//! Every test program of the workspace. Doc tests are not among them: they are examples, and rustdoc alone can run them.

use std::time::Duration;

use anyhow::{Context, Result};
use xshell::cmd;

use super::{Program, outputs};
use crate::deadline::Run;
use crate::libtest::Tally;
use crate::test;
use crate::workspace::{self, Workspace};

const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn programs(ws: &Workspace) -> Result<Vec<Program>> {
    let fixture = workspace::built(test::abort_fixture(ws), "fixture")?;
    let artifacts = workspace::artifacts(cmd!(ws.sh, "cargo test --workspace --no-run"))?;
    let tests = artifacts.into_iter().filter(|artifact| artifact.profile.test);
    tests
        .filter_map(|artifact| artifact.executable.clone().map(|path| (artifact, path)))
        .map(|(artifact, path)| {
            let directory = artifact.manifest_path.parent().context("a manifest lies in a directory")?;
            let package = directory.strip_prefix(ws.root()).unwrap_or(directory);
            // A test file and a program may have the same name.
            let kind = artifact.target.kind.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            Ok(Program {
                name: format!("{package} {kind} {}", artifact.target.name),
                path: path.into(),
                arguments: &[],
                directory: directory.into(),
                // As cargo has it; trybuild looks for its crate there.
                environment: vec![("CARGO_MANIFEST_DIR", directory.into()), (test::ABORT_FIXTURE, fixture.clone())],
                limit: LIMIT,
                judge,
            })
        })
        .collect()
}

fn judge(run: &Run) -> Result<u64, String> {
    let tally = Tally::of(&run.stdout);
    let good = run.status.is_some_and(|status| status.success()) && tally.failed == 0;
    if good { Ok(tally.passed) } else { Err(outputs(run, LIMIT)) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Run, judge};

    fn run(raw_status: Option<i32>, stdout: &str) -> Run {
        Run { status: raw_status.map(ExitStatus::from_raw), stdout: stdout.to_owned(), stderr: String::new() }
    }

    #[test]
    fn a_good_run_counts_its_tests() {
        assert_eq!(judge(&run(Some(0), "test result: ok. 7 passed; 0 failed; 0 ignored\n")), Ok(7));
    }

    #[test]
    fn a_run_without_an_end_a_good_status_or_with_a_failure_has_failed() {
        let red = "test result: FAILED. 6 passed; 1 failed; 0 ignored\n";
        assert!(judge(&run(None, "")).unwrap_err().starts_with("not ended"));
        assert!(judge(&run(Some(101 << 8), red)).unwrap_err().ends_with(red));
        judge(&run(Some(0), red)).unwrap_err();
        judge(&run(Some(6), "")).unwrap_err();
    }
}
