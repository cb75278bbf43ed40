//! `cargo xtask explore`: the model of terminate-std's life cycle, every interleaving of each of its worlds.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use xshell::cmd;

use crate::deadline;
use crate::libtest::Tally;
use crate::workspace::{self, Workspace};

const PACKAGE: &str = "terminate-std";
const TARGET: &str = "explore";
/// For all worlds together, without the build. A model that needs more has too many states.
const LIMIT: Duration = Duration::from_secs(300);

/// As `cargo test --release --package terminate-std --test explore -- --nocapture`, with a limit.
pub(crate) fn run(ws: &Workspace, tally: &mut Tally) -> Result<()> {
    let build = cmd!(ws.sh, "cargo test --release --no-run --package {PACKAGE} --test {TARGET}");
    let program = workspace::built(build, TARGET)?;
    let directory = ws.package(PACKAGE)?.manifest_path.with_file_name("");
    let run = deadline::run(Command::new(program).arg("--nocapture").current_dir(directory), LIMIT)?;
    print!("{}{}", run.stdout, run.stderr);
    let told = Tally::of(&run.stdout);
    tally.add(&told);
    let Some(status) = run.status else { anyhow::bail!("it did not end within {} seconds", LIMIT.as_secs()) };
    ensure!(status.success(), "a world has a fault ({status})");
    ensure!(told.passed > 0, "nothing was explored");
    Ok(())
}
