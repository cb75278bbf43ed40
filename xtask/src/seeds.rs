//! `cargo xtask seeds`: a test that cannot fail proves nothing, so each bug in the lists is built in, and its tests must go red.
//!
//! A list is a crate's `tests/seeded-bugs.toml`; the bug itself stands in the source as `cfg!(terminate_seed_bug = "…")`.
//! The same tests must pass without the bug, in the same build otherwise: what ails that must not be taken for the bug.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cargo_metadata::Artifact;
use clap::Args;
use serde::Deserialize;
use xshell::{Cmd, cmd};

use crate::cfgs::Cfgs;
use crate::libtest::{self, Verdict};
use crate::workspace::{self, Workspace};
use crate::{deadline, table, test, tree};

const LIMIT: Duration = Duration::from_secs(300);
/// How long a process of a test may take, in seconds: a bug may hang, and without one it takes less than one.
const PROCESS_LIMIT: &str = "30";
/// A bug that the source does not have.
const NO_BUG: &str = "none";

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only the bugs whose name contains this
    #[arg(long)]
    only: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    seed: Vec<Seed>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Seed {
    bug: String,
    suite: Suite,
    package: String,
    /// The integration test, as after `--test`.
    file: String,
    tests: BTreeSet<String>,
    #[serde(default)]
    cfgs: Vec<String>,
    /// Whether the tests need the fixture whose panics abort: another build.
    #[serde(default)]
    aborts: bool,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Suite {
    Loom,
    Plain,
}

/// The program that holds the tests of a seed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Suspect {
    package: String,
    file: String,
    cfgs: Cfgs,
    aborts: bool,
}

impl Seed {
    fn suspect(&self) -> Suspect {
        let cfgs = Cfgs { loom: self.suite == Suite::Loom, set: self.cfgs.clone() };
        Suspect { package: self.package.clone(), file: self.file.clone(), cfgs, aborts: self.aborts }
    }
}

impl Suspect {
    fn with(mut self, bug: &str) -> Self {
        self.cfgs = self.cfgs.and(format!("terminate_seed_bug=\"{bug}\""));
        self
    }
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let mut seeds = read(ws)?;
    let sources = tree::files(ws)?;
    // This program only speaks of bugs.
    let sources = sources.iter().filter(|file| file.is_rust() && !file.path.starts_with("xtask"));
    let unlisted = unlisted(&seeds, sources.map(|file| file.text.as_str()));
    ensure!(unlisted.is_empty(), "in the source, but in no tests/seeded-bugs.toml: {}", unlisted.join(", "));
    seeds.retain(|seed| options.only.as_ref().is_none_or(|only| seed.bug.contains(only)));
    ensure!(!seeds.is_empty(), "no seeded bug to try");

    let mut rows = Vec::new();
    let mut wrong = 0;
    let mut judge = |bug: &str, suspect: Suspect, tests: &BTreeSet<String>, expected: Verdict| -> Result<()> {
        println!("\nbug: {bug}");
        for (name, verdict) in try_tests(ws, &suspect, tests)? {
            wrong += usize::from(verdict != expected);
            let judgement = if verdict == expected { "as it must" } else { "WRONG" };
            rows.push([bug.to_owned(), name, format!("{verdict:?}").to_lowercase(), judgement.to_owned()]);
        }
        Ok(())
    };
    for (suspect, tests) in sound(&seeds) {
        // The models are built where they always are, and start nothing: once more would tell nothing new.
        let suspect = if suspect.cfgs.loom { suspect } else { suspect.with(NO_BUG) };
        judge(NO_BUG, suspect, &tests, Verdict::Passed)?;
    }
    for seed in &seeds {
        judge(&seed.bug, seed.suspect().with(&seed.bug), &seed.tests, Verdict::Failed)?;
    }
    println!("\n{}", table::render(["bug", "test", "verdict", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    println!("{} seeded bugs, each found by every test that is there for it", seeds.len());
    Ok(())
}

fn read(ws: &Workspace) -> Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for package in ws.packages() {
        let list = package.manifest_path.with_file_name("tests").join("seeded-bugs.toml");
        if list.exists() {
            seeds.extend(parse(&fs::read_to_string(&list)?).with_context(|| list.to_string())?);
        }
    }
    Ok(seeds)
}

fn parse(list: &str) -> Result<Vec<Seed>> {
    let List { seed: seeds } = toml::from_str(list)?;
    for seed in &seeds {
        ensure!(!seed.tests.is_empty(), "no test is there to find {}", seed.bug);
    }
    Ok(seeds)
}

/// Bugs that the source has and no list names.
fn unlisted<'a>(seeds: &[Seed], sources: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let in_source = sources.flat_map(|text| text.split("terminate_seed_bug = \"").skip(1));
    let bugs: BTreeSet<_> = in_source.filter_map(|rest| rest.split_once('"')).map(|(bug, _)| bug).collect();
    bugs.into_iter().filter(|bug| seeds.iter().all(|seed| seed.bug != *bug)).collect()
}

/// The programs without a bug, each with all its tests.
fn sound(seeds: &[Seed]) -> BTreeMap<Suspect, BTreeSet<String>> {
    let mut sound = BTreeMap::<_, BTreeSet<_>>::new();
    for seed in seeds {
        sound.entry(seed.suspect()).or_default().extend(seed.tests.iter().cloned());
    }
    sound
}

/// Leaves the programs of a build in a directory of their own, where nobody else takes those with a bug for sound. The dependencies
/// are those of all other builds, as far as cargo has a directory for what is in between (1.91).
fn apart<'a>(ws: &Workspace, build: Cmd<'a>) -> Cmd<'a> {
    build.arg("--target-dir").arg(ws.target("seeds")).env("CARGO_BUILD_BUILD_DIR", ws.target(""))
}

/// The directory of the programs that the process tests start. Without them a test would be as red as with the bug, and another
/// build's are without it.
fn fixtures(artifacts: &[Artifact]) -> Result<PathBuf> {
    let fixture = workspace::executable(artifacts, test::FIXTURE).context("the process tests cannot start it")?;
    Ok(fixture.with_file_name(""))
}

/// Builds the program, and runs each test in a process of its own: a bug may take the process down.
fn try_tests(ws: &Workspace, suspect: &Suspect, tests: &BTreeSet<String>) -> Result<Vec<(String, Verdict)>> {
    let Suspect { package, file, cfgs, aborts } = suspect;
    let build = if cfgs.loom {
        cmd!(ws.sh, "cargo test --quiet --no-run --package {package} --test {file}")
    } else {
        // The whole workspace, as where all tests are built: of one package, the dependencies have other features.
        apart(ws, cmd!(ws.sh, "cargo test --quiet --no-run --workspace --test {file}"))
    };
    let id = &ws.package(package)?.id;
    let mut artifacts = workspace::artifacts(cfgs.apply(ws, build)?)?;
    artifacts.retain(|artifact| artifact.package_id == *id);
    let program = workspace::executable(&artifacts, file)?;
    let mut programs = Vec::new();
    if package == test::PROCESS_TESTS {
        programs.push((test::FIXTURES, fixtures(&artifacts)?));
    }
    if *aborts {
        let build = cfgs.apply(ws, apart(ws, test::abort_fixture(ws)))?;
        programs.push((test::ABORT_FIXTURE, workspace::built(build, test::FIXTURE)?));
    }
    let mut verdicts = Vec::new();
    for name in tests {
        let mut command = Command::new(&program);
        command.args(["--exact", name, "--test-threads=1"]);
        command.current_dir(ws.package(package)?.manifest_path.with_file_name(""));
        // What fails here on purpose is no regression to keep.
        command.env("PROPTEST_FAILURE_PERSISTENCE", "off").env("TERMINATE_TEST_LIMIT", PROCESS_LIMIT);
        command.envs(programs.iter().map(|(variable, path)| (variable, path)));
        let run = deadline::run(&mut command, LIMIT)?;
        let verdict = libtest::verdict(run.status, &run.stdout);
        println!("{name}: {verdict:?}");
        verdicts.push((name.clone(), verdict));
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::{parse, sound, unlisted};

    /// One entry of a list, with the rest of its lines.
    fn entry(bug: &str, suite: &str, file: &str, rest: &str) -> String {
        format!("[[seed]]\nbug = {bug:?}\nsuite = {suite:?}\npackage = \"terminate-core\"\nfile = {file:?}\n{rest}\n")
    }

    fn list() -> String {
        [
            entry("claim_by_store", "loom", "loom", r#"tests = ["one", "two"]"#),
            entry("any_generation", "plain", "wrap", "tests = [\"three\"]\ncfgs = [\"terminate_small_counter\"]"),
            entry("ticket_late", "loom", "loom", r#"tests = ["two", "four"]"#),
        ]
        .concat()
    }

    #[test]
    fn seeds_of_one_program_are_tried_without_a_bug_once() {
        let sound = sound(&parse(&list()).unwrap());
        let tests: Vec<_> = sound.into_values().map(|tests| tests.into_iter().collect::<Vec<_>>()).collect();
        assert_eq!(tests, [vec!["four", "one", "two"], vec!["three"]]);
    }

    #[test]
    fn a_list_with_an_unknown_key_or_without_tests_is_refused() {
        parse(&list().replace("file = \"wrap\"", "file = \"wrap\"\nfiles = 1")).unwrap_err();
        parse(&list().replace("[\"three\"]", "[]")).unwrap_err();
    }

    #[test]
    fn a_bug_that_no_list_names_is_noticed() {
        let (known, unknown) =
            ("cfg!(terminate_seed_bug = \"ticket_late\")", "cfg!(terminate_seed_bug = \"new\") || x");
        assert_eq!(unlisted(&parse(&list()).unwrap(), [known, unknown].into_iter()), ["new"]);
    }
}
