//! What is done on a platform, each part of it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::CrateType;

use super::compiler::Compiler;
use super::left_out::List;
use super::list::{By, Part, Platform};
use super::result::{Count, Outcome};
use super::wasi;
use crate::libtest::{self, Tally};
use crate::test::{ABORT_FIXTURE, EXAMPLES, FIXTURE, PROCESS_TESTS};
use crate::workspace::{self, Workspace};
use crate::{deadline, step, tour};

/// For the tour, in an emulator, on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Of the storm, for a release and in CI.
const ROUNDS: u64 = 20_000;
const QUICK_ROUNDS: u64 = 2_000;

pub(super) fn run(
    ws: &Workspace,
    platform: &Platform,
    compiler: &Compiler<'_>,
    part: Part,
    quick: bool,
) -> Result<Outcome> {
    match part {
        Part::Check => check(compiler),
        Part::Link => link(compiler),
        Part::Tour => tour(platform, compiler),
        Part::Core => {
            let mut tally = Tally::default();
            let test = compiler.cargo_that_runs(&["test", "--package=terminate-core", "--lib", "--tests"])?;
            let result = libtest::run(test, &mut tally);
            Ok(outcome(Count::of_tests(&tally, &[]), result))
        }
        Part::Suite => suite(ws, platform, compiler),
        Part::Storm => storm(compiler, if quick { QUICK_ROUNDS } else { ROUNDS }),
        Part::Boundaries => {
            let build = ["test", "--quiet", "--release", "--no-run", "--package=terminate-fuzz", "--test=signal_path"];
            Ok(Outcome::Ran(Count::passed(step::signal_path(compiler.cargo(&build)?)?)))
        }
        Part::Ends => {
            let (count, result) = wasi::ends(ws, compiler)?;
            Ok(outcome(count, result))
        }
    }
}

fn outcome(count: Count, result: Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Ran(count),
        Err(error) => Outcome::Failed(count, format!("{error:#}")),
    }
}

fn check(compiler: &Compiler<'_>) -> Result<Outcome> {
    compiler.cargo(&["check", "--quiet", "--package=terminate-std"])?.run()?;
    Ok(Outcome::Built)
}

fn link(compiler: &Compiler<'_>) -> Result<Outcome> {
    compiler.cargo(&["build", "--quiet", "--package=terminate-std", "--lib", "--example", tour::NAME])?.run()?;
    compiler.cargo(&["build", "--quiet", "--package", PROCESS_TESTS, "--bin", FIXTURE])?.run()?;
    Ok(Outcome::Built)
}

fn tour(platform: &Platform, compiler: &Compiler<'_>) -> Result<Outcome> {
    let build = compiler.cargo(&["build", "--package=terminate-std", "--example", tour::NAME])?;
    let words = compiler.program(&workspace::built(build, tour::NAME)?);
    let [program, arguments @ ..] = words.as_slice() else { bail!("no program") };
    let mut command = Command::new(program);
    command.args(arguments).arg("--json").args(platform.on.iter().flat_map(|on| ["--on", on]));
    command.envs(compiler.environment());
    let run = deadline::run(&mut command, LIMIT)?;
    let cases = tour::cases(&run.stdout).with_context(|| format!("{:?}, {}", run.status, run.stderr))?;
    ensure!(!cases.is_empty(), "no cases");
    let bad: Vec<_> = cases.iter().filter(|case| !case.ok).map(ToString::to_string).collect();
    let success = run.status.is_some_and(|status| status.success());
    let result = if success && bad.is_empty() { Ok(()) } else { Err(anyhow::anyhow!("{}", bad.join("; "))) };
    Ok(outcome(Count::of_cases(&cases), result))
}

/// The process tests, but for those that the platform cannot carry out. What they start is built before, if it is not for this
/// machine: they could not build it themselves.
fn suite(ws: &Workspace, platform: &Platform, compiler: &Compiler<'_>) -> Result<Outcome> {
    let abort = compiler.cargo(&["build", "--package", PROCESS_TESTS, "--bin", FIXTURE, "--profile=abort"])?;
    let abort = workspace::built(abort, FIXTURE)?;
    compiler.cargo(&["test", "--no-run", "--package", PROCESS_TESTS, "--tests"])?.run()?;

    let list = List::load(ws)?;
    let left_out = list.on(platform.on);
    let skip = left_out.iter().flat_map(|(_, tests)| tests).flat_map(|test| ["--skip", test]);
    let mut tally = Tally::default();
    let test = compiler.cargo_that_runs(&["test", "--no-fail-fast", "--package", PROCESS_TESTS, "--tests"])?;
    let mut test = test.env(ABORT_FIXTURE, abort);
    if !compiler.is_for_this_machine() {
        let build = compiler.cargo(&["build", "--package", PROCESS_TESTS])?.args(examples(ws)?);
        let made = workspace::artifacts(build)?;
        let example = made.iter().rev().find_map(|artifact| artifact.executable.as_ref()).context("no examples")?;
        test = test.env(EXAMPLES, example.with_file_name(""));
    }
    // If a program of several threads forks, the emulator may wait for ever.
    let serial = matches!(platform.by, By::Emulator(_)).then_some("--test-threads=1");
    let result = libtest::run(test.args(["--", "--exact"]).args(serial).args(skip), &mut tally);
    Ok(outcome(Count::of_tests(&tally, &left_out), result))
}

fn storm(compiler: &Compiler<'_>, rounds: u64) -> Result<Outcome> {
    let storm = ["run", "--quiet", "--release", "--package=terminate-fuzz", "--bin=storm"];
    let storm = compiler.cargo_that_runs(&storm)?.args(["--", "--seed=1"]).arg(format!("--rounds={rounds}"));
    storm.run()?;
    Ok(Outcome::Ran(Count::passed(rounds)))
}

/// The examples that are programs: a static C library has no shared ones.
fn examples(ws: &Workspace) -> Result<Vec<String>> {
    let targets = ws.package(PROCESS_TESTS)?.targets.iter();
    let programs = targets.filter(|target| target.is_example() && target.crate_types.contains(&CrateType::Bin));
    Ok(programs.map(|target| format!("--example={}", target.name)).collect())
}
