//! `cargo xtask fuzz`: libFuzzer on each target of terminate-fuzz/fuzz for its share of the time; with `--self-test`, finds
//! the bugs that are built in.
//!
//! Needs a nightly toolchain and cargo-fuzz. What libFuzzer finds for itself stays in the directories `corpus` and
//! `artifacts` beside the targets, which git ignores; what is committed, in `inputs`, is replayed by `cargo test`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{MetadataCommand, TargetKind};
use clap::Args;
use rayon::prelude::*;
use xshell::{Cmd, cmd};

use crate::libfuzzer::{self, Summary};
use crate::seeds::scratch::Scratch;
use crate::workspace::Workspace;
use crate::{deadline, table};

/// Beside the time that it was given: reading the corpus, and an input that hangs.
const GRACE: Duration = Duration::from_secs(90);
/// How long the bugs have.
const FOR_SEEDS: Duration = Duration::from_secs(60);
/// Bugs, and the target that is to find each.
pub(crate) const SEEDS: [(&str, &str); 8] = [
    ("order_by_slot", "registry"),
    ("late_hooks_last", "registry"),
    ("ordinary_in_handler", "registry"),
    ("any_generation", "registry"),
    ("claim_by_store", "interrupted"),
    ("pop_by_store", "interrupted"),
    ("push_by_store", "interrupted"),
    ("publish_early", "interrupted"),
];

#[derive(Args)]
pub(crate) struct Options {
    /// How many minutes, shared out among the targets: as many at once as there are processors
    #[arg(long, default_value_t = 2.0)]
    pub(crate) minutes: f64,
    /// Only the targets whose name contains this
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Builds bugs into the registry, and demands that each is found within a minute, from nothing
    #[arg(long)]
    pub(crate) self_test: bool,
    /// Copies the fewest of the inputs found so far that reach as much to the committed ones
    #[arg(long, conflicts_with = "self_test")]
    pub(crate) minimise: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { minutes: 2.0, only: None, self_test: false, minimise: false }
    }
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let targets = targets(ws)?;
    let wanted = |target: &String| options.only.as_ref().is_none_or(|only| target.contains(only));
    let targets: Vec<_> = targets.into_iter().filter(wanted).collect();
    ensure!(!targets.is_empty(), "no target has that in its name");
    match options {
        Options { self_test: true, .. } => self_test(ws, &targets),
        Options { minimise: true, .. } => minimise(ws, &targets),
        Options { minutes, .. } => fuzz(ws, &targets, Duration::try_from_secs_f64(minutes * 60.0)?),
    }
}

fn directory(ws: &Workspace) -> PathBuf {
    ws.root().join("terminate-fuzz/fuzz")
}

/// The targets, by name; an error if the lock file is not up to date.
fn targets(ws: &Workspace) -> Result<Vec<String>> {
    let manifest = directory(ws).join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    let all = metadata.packages.iter().flat_map(|package| &package.targets);
    Ok(all.filter(|target| target.kind.contains(&TargetKind::Bin)).map(|target| target.name.clone()).collect())
}

fn fuzz(ws: &Workspace, targets: &[String], time: Duration) -> Result<()> {
    let programs = build(ws, targets)?;
    let each = time / u32::try_from(targets.len())?;
    println!("for {} s each", each.as_secs());
    let here = directory(ws);
    // A fuzzer keeps one processor busy.
    let searched = targets.par_iter().zip(&programs).map(|(target, program)| {
        let (corpus, inputs) = (here.join("corpus").join(target), here.join("inputs").join(target));
        let (summary, output) = search(program, each, &here.join("artifacts").join(target), &[&corpus, &inputs])?;
        let (found, committed) = (files(&corpus)?.len(), files(&inputs)?.len());
        Ok((summary, output, format!("{found} + {committed}")))
    });
    let searched: Vec<_> = searched.collect::<Result<_>>()?;
    let mut rows = Vec::new();
    let mut advices = Vec::new();
    for ((target, program), (summary, output, inputs)) in targets.iter().zip(&programs).zip(searched) {
        let Summary { runs, runs_a_second, crash, why } = summary;
        let [runs, runs_a_second, crashes] =
            [runs, runs_a_second, u64::from(crash.is_some())].map(|number| number.to_string());
        rows.push([target.clone(), runs, runs_a_second, inputs, crashes]);
        if let Some(input) = crash {
            print!("{output}");
            advices.push(advice(target, program, &input, why.as_deref()));
        }
    }
    println!("\n{}", table::render(["target", "runs", "runs/s", "corpus + committed", "crashes"], &rows));
    ensure!(advices.is_empty(), "{}", advices.join("\n"));
    Ok(())
}

fn advice(target: &str, program: &Path, input: &str, why: Option<&str>) -> String {
    format!(
        "{target} fails: {}\n  input:      {input}\n  replay:     {} {input}\n  regression: cp {input} \
         terminate-fuzz/fuzz/inputs/{target}/a-name-that-says-what && cargo test -p terminate-fuzz --test fuzz_inputs",
        why.unwrap_or("for no reason that it told"),
        program.display()
    )
}

/// Runs the fuzzer from the inputs of all directories; what is new goes to the first of them.
fn search(program: &Path, time: Duration, artifacts: &Path, corpora: &[&Path]) -> Result<(Summary, String)> {
    fs::create_dir_all(artifacts)?;
    corpora.iter().try_for_each(fs::create_dir_all)?;
    let mut command = libfuzzer(program);
    command.arg(format!("-max_total_time={}", time.as_secs().max(1)));
    // Long inputs from the beginning: a short one is a script of one step.
    command.args(["-len_control=0", "-max_len=1024", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    command.arg(format!("-artifact_prefix={}/", artifacts.display())).args(corpora);
    let begun = Instant::now();
    let run = deadline::run(&mut command, time + GRACE)?;
    let output = run.stdout + &run.stderr;
    let summary = libfuzzer::summary(&output, begun.elapsed());
    match run.status {
        None => bail!("{} did not end\n{output}", program.display()),
        Some(status) if !status.success() && summary.crash.is_none() => {
            bail!("{} failed ({status}), and kept no input\n{output}", program.display())
        }
        Some(_) => Ok((summary, output)),
    }
}

fn libfuzzer(program: &Path) -> Command {
    let mut command = Command::new(program);
    // As cargo-fuzz does: the targets share no code with anything built otherwise.
    command.env("ASAN_OPTIONS", "detect_odr_violation=0");
    command
}

/// Builds the targets with nightly. Returns the programs.
fn build(ws: &Workspace, targets: &[String]) -> Result<Vec<PathBuf>> {
    let build = build_command(ws)?;
    println!("$ cargo fuzz build");
    build.run()?;
    targets.iter().map(|name| program(&ws.target("fuzz"), name)).collect()
}

/// Begins to build the targets, and says nothing.
pub(crate) fn start_build(ws: &Workspace) -> Result<Child> {
    Ok(Command::from(build_command(ws)?).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// An error if the tools are not there, or the lock file is not up to date.
fn build_command(ws: &Workspace) -> Result<Cmd<'_>> {
    let (sh, fuzz, target) = (&ws.sh, directory(ws), ws.target("fuzz"));
    let there = cmd!(sh, "cargo +nightly fuzz --version").ignore_stderr().quiet().read();
    there.context(
        "fuzzing needs a nightly toolchain and cargo-fuzz: `rustup toolchain install nightly --profile minimal`, and \
         `cargo install --locked cargo-fuzz`",
    )?;
    let manifest = fuzz.join("Cargo.toml");
    cmd!(sh, "cargo tree --quiet --locked --manifest-path {manifest}").ignore_stdout().quiet().run()?;
    Ok(cmd!(sh, "cargo +nightly fuzz build --fuzz-dir {fuzz} --target-dir {target}").quiet())
}

/// cargo-fuzz always names the platform that it builds for, so the program is one directory further down.
fn program(target: &Path, name: &str) -> Result<PathBuf> {
    let platforms = fs::read_dir(target)?.collect::<io::Result<Vec<_>>>()?;
    let mut programs = platforms.iter().map(|platform| platform.path().join("release").join(name));
    programs.find(|program| program.is_file()).with_context(|| format!("the build made no program {name}"))
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    Ok(entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?)
}

/// Each bug is found, by its target, without any input to begin with.
fn self_test(ws: &Workspace, targets: &[String]) -> Result<()> {
    let mut rows = Vec::new();
    let mut missed = 0;
    let mut scratch = Scratch::new(ws, "fuzz")?;
    for (bug, target) in SEEDS.into_iter().filter(|(_, target)| targets.iter().any(|wanted| wanted == target)) {
        println!("\nbug: {bug}");
        scratch.plant(Some(bug))?;
        let programs = build(scratch.workspace(), &[target.to_owned()])?;
        let nothing = tempfile::tempdir()?;
        let (corpus, artifacts) = (nothing.path().join("corpus"), nothing.path().join("artifacts"));
        let begun = Instant::now();
        let (Summary { runs, crash, why, .. }, _) = search(&programs[0], FOR_SEEDS, &artifacts, &[&corpus])?;
        missed += usize::from(crash.is_none());
        let what = if crash.is_some() { why.unwrap_or_default() } else { "NOT FOUND".to_owned() };
        let what = what.chars().take(80).collect();
        let seconds = format!("{:.1}", begun.elapsed().as_secs_f64());
        println!("{bug}: {what}, after {runs} runs and {seconds} s");
        rows.push([bug.to_owned(), target.to_owned(), runs.to_string(), seconds, what]);
    }
    println!("\n{}", table::render(["bug", "target", "runs", "seconds", "found"], &rows));
    ensure!(missed == 0, "{missed} bugs were not found");
    Ok(())
}

/// Merges what was found into the committed inputs. Those that a person has named stay; the others, whose names are
/// hashes, make way for the fewest that reach as much.
fn minimise(ws: &Workspace, targets: &[String]) -> Result<()> {
    let programs = build(ws, targets)?;
    for (target, program) in targets.iter().zip(&programs) {
        let inputs = directory(ws).join("inputs").join(target);
        let corpus = directory(ws).join("corpus").join(target);
        for needed in [&inputs, &corpus] {
            fs::create_dir_all(needed)?;
        }
        let fewest = tempfile::tempdir()?;
        let mut command = libfuzzer(program);
        command.args(["-set_cover_merge=1", "-max_len=1024"]).arg(fewest.path()).arg(&inputs).arg(&corpus);
        let run = deadline::run(&mut command, 10 * GRACE)?;
        ensure!(run.status.is_some_and(|status| status.success()), "the merge failed\n{}", run.stderr);
        for old in files(&inputs)?.iter().filter(|path| is_hash(path)) {
            fs::remove_file(old)?;
        }
        for input in files(fewest.path())? {
            fs::copy(&input, inputs.join(input.file_name().unwrap_or_default()))?;
        }
        let bytes = files(&inputs)?.iter().map(|path| Ok(path.metadata()?.len())).sum::<io::Result<u64>>()?;
        println!("{target}: {} inputs, {bytes} bytes", files(&inputs)?.len());
    }
    Ok(())
}

/// Whether the file has the kind of name that libFuzzer gives.
fn is_hash(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{SEEDS, advice, is_hash, targets};
    use crate::workspace::Workspace;

    #[test]
    fn every_seed_names_a_target_that_there_is() {
        let targets = targets(&Workspace::load().unwrap()).unwrap();
        assert!(SEEDS.iter().all(|(_, target)| targets.iter().any(|name| name == target)), "{targets:?}");
    }

    #[test]
    fn inputs_that_a_person_has_named_are_not_taken_for_libfuzzers() {
        assert!(is_hash(Path::new("a/0123456789abcdef0123456789abcdef01234567")));
        assert!(!is_hash(Path::new("a/a-stale-id-in-the-gap")));
    }

    #[test]
    fn the_advice_names_the_input_how_to_replay_it_and_how_to_keep_it() {
        let advice = advice("registry", Path::new("p/registry"), "a/crash-1", Some("event 3 is wrong"));
        for part in ["event 3 is wrong", "p/registry a/crash-1", "cp a/crash-1 terminate-fuzz/fuzz/inputs/registry/"] {
            assert!(advice.contains(part), "{advice}");
        }
    }
}
