//! One trial: builds the program with the tests of a seed in a scratch tree, and runs each test.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use cargo_metadata::{Artifact, TargetKind};
use xshell::cmd;

use super::list::{LIB, Suspect};
use crate::libtest::{self, Verdict};
use crate::workspace::{self, Workspace};
use crate::{deadline, test};

const LIMIT: Duration = Duration::from_secs(300);
/// How long a process of a test may take, in seconds: a bug may hang, and without one it takes less than one.
const PROCESS_LIMIT: &str = "30";

/// The programs of one build.
pub(super) struct Programs {
    tests: PathBuf,
    /// The directory in which cargo runs the tests.
    directory: PathBuf,
    /// Where the tests find the programs that they start: those of this tree, which have the bug.
    started: Vec<(&'static str, PathBuf)>,
}

/// Builds the tests, and the programs that they start.
pub(super) fn build(ws: &Workspace, suspect: &Suspect) -> Result<Programs> {
    let Suspect { cfgs, package, file, aborts } = suspect;
    let target = if file == LIB { vec!["--lib"] } else { vec!["--test", file] };
    let build = cmd!(ws.sh, "cargo test --quiet --no-run --package {package} {target...}");
    // Models run longer when they are built in small parts.
    let incremental = ("CARGO_INCREMENTAL", if cfgs.loom { "0" } else { "1" });
    let package = ws.package(package)?;
    let mut artifacts = workspace::artifacts(cfgs.apply(ws, build)?.envs([incremental]))?;
    artifacts.retain(|artifact| artifact.package_id == package.id);
    let mut started = Vec::new();
    if package.name == test::PROCESS_TESTS {
        let fixture = workspace::executable(&artifacts, test::FIXTURE).context("the process tests cannot start it")?;
        started.push((test::FIXTURES, fixture.with_file_name("")));
    }
    if *aborts {
        let fixture = workspace::built(cfgs.apply(ws, test::abort_fixture(ws))?.envs([incremental]), test::FIXTURE)?;
        started.push((test::ABORT_FIXTURE, fixture));
    }
    artifacts.retain(|artifact| holds_tests(artifact, file));
    let tests = artifacts.into_iter().find_map(|artifact| artifact.executable).context("the build made no tests")?;
    Ok(Programs { tests: tests.into(), directory: package.manifest_path.with_file_name("").into(), started })
}

fn holds_tests(artifact: &Artifact, file: &str) -> bool {
    let integration = artifact.target.kind.contains(&TargetKind::Test);
    artifact.profile.test && if file == LIB { !integration } else { integration && artifact.target.name == file }
}

/// Runs each test in a process of its own: a bug may take the process down.
pub(super) fn try_tests(programs: &Programs, tests: &BTreeSet<String>) -> Result<Vec<(String, Verdict)>> {
    let mut verdicts = Vec::new();
    for name in tests {
        let mut command = Command::new(&programs.tests);
        command.args(["--exact", name, "--test-threads=1"]);
        command.current_dir(&programs.directory).env("CARGO_MANIFEST_DIR", &programs.directory);
        // What fails here on purpose is no regression to keep.
        command.env("PROPTEST_FAILURE_PERSISTENCE", "off").env("TERMINATE_TEST_LIMIT", PROCESS_LIMIT);
        command.envs(programs.started.iter().map(|(variable, path)| (variable, path)));
        let run = deadline::run(&mut command, LIMIT)?;
        verdicts.push((name.clone(), libtest::verdict(run.status, &run.stdout)));
    }
    Ok(verdicts)
}
