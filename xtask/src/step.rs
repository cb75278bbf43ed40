//! `cargo xtask step`: interrupts the registry, and the signal path of terminate-std, at every instruction; with
//! `--self-test`, finds the bugs that are built in.

use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use rayon::prelude::*;
use xshell::{Cmd, cmd};

use crate::libtest::{self, Verdict};
use crate::seeds::scratch::Scratch;
use crate::workspace::{self, Workspace};
use crate::{deadline, table};

const LIMIT: Duration = Duration::from_secs(300);

/// Bugs of the kind that one thread can show to its own interrupts.
pub(crate) const SEEDS: [&str; 6] =
    ["publish_early", "claim_by_store", "ticket_late", "signals_late", "pop_by_store", "push_by_store"];
/// What the bugs are looked for with: each operation in the state with the most paths, and by one that shows them all.
const FOR_SEEDS: &str = "fragmented /";
/// What the stepper exits with when it has found something.
const FOUND: i32 = 1;

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Builds bugs into the registry, and demands that each is found
    #[arg(long)]
    self_test: bool,
    /// Arguments for the stepper: `-- --help` tells which
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if options.self_test {
        return self_test(ws);
    }
    let program = build(ws)?;
    let run = step(&program, &options.arguments)?;
    print!("{}{}", run.stdout, run.stderr);
    let status = run.status;
    ensure!(status.is_some(), "it did not end within {} seconds", LIMIT.as_secs());
    ensure!(status.is_some_and(|status| status.success()), "the stepper found something, or could not look");
    // Whoever asks for something in particular gets no more than that.
    if options.arguments.is_empty() {
        signal_path(cmd!(ws.sh, "cargo test --quiet --release --no-run --package terminate-fuzz --test signal_path"))?;
    }
    Ok(())
}

/// The same on terminate-std, with real signals: its tests, which try every boundary in a release build. How many signals that were.
pub(crate) fn signal_path(build: Cmd<'_>) -> Result<u64> {
    let program = workspace::executable(&workspace::artifacts(build)?, "signal_path")?;
    let list = deadline::run(Command::new(&program).args(["--list", "--format=terse"]), LIMIT)?.stdout;
    let names: Vec<_> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    ensure!(!names.is_empty(), "there is no test of the signal path");
    // Only one of the stepper and what it steps through runs at a time.
    let runs = names.par_iter().map(|name| {
        let begun = Instant::now();
        let run = deadline::run(Command::new(&program).args(["--exact", name, "--nocapture"]), LIMIT)?;
        Ok((run, begun.elapsed().as_secs_f64()))
    });
    let runs: Vec<_> = runs.collect::<Result<_>>()?;
    let mut rows = Vec::new();
    let mut failed = 0;
    let (mut all_boundaries, mut all_tried, mut all_seconds) = (0_u64, 0_u64, 0.0);
    for (name, (run, seconds)) in names.into_iter().zip(runs) {
        let verdict = libtest::verdict(run.status, &run.stdout);
        if verdict != Verdict::Passed {
            failed += 1;
            println!("{}{}", run.stdout, run.stderr);
        }
        let (tried, boundaries) = tried(&run.stdout).unwrap_or(("?", "?"));
        all_boundaries += boundaries.parse::<u64>().unwrap_or(0);
        all_tried += tried.parse::<u64>().unwrap_or(0);
        all_seconds += seconds;
        let verdict = format!("{verdict:?}").to_lowercase();
        rows.push([name.to_owned(), boundaries.to_owned(), tried.to_owned(), verdict, format!("{seconds:.1}")]);
    }
    let [boundaries, signals] = [all_boundaries, all_tried].map(|sum| sum.to_string());
    rows.push(["all".into(), boundaries, signals, String::new(), format!("{all_seconds:.1}")]);
    println!("\n{}", table::render(["with a real signal", "boundaries", "signals", "verdict", "seconds"], &rows));
    ensure!(failed == 0, "{failed} tests of the signal path failed");
    Ok(all_tried)
}

/// What a test of the signal path prints: at how many boundaries it sent the signal, of how many.
fn tried(output: &str) -> Option<(&str, &str)> {
    let line = output.lines().find_map(|line| line.strip_suffix(" boundaries"))?;
    let (before, boundaries) = line.rsplit_once(" of ")?;
    Some((before.rsplit(' ').next()?, boundaries))
}

/// Each bug is found, and nothing without one.
pub(crate) fn self_test(ws: &Workspace) -> Result<()> {
    let mut rows = Vec::new();
    let mut wrong = 0;
    let mut scratch = Scratch::new(ws, "step")?;
    for bug in iter::once(None).chain(SEEDS.map(Some)) {
        let name = bug.unwrap_or("none");
        println!("\nbug: {name}");
        scratch.plant(bug)?;
        let arguments = ["--only", FOR_SEEDS, "--pairs", "0"].map(str::to_owned);
        let run = step(&build(scratch.workspace())?, &arguments)?;
        let first = first_failure(&run.stdout);
        println!("{}{}", first.as_deref().unwrap_or_default(), run.stderr);
        let status = run.status.and_then(|status| status.code());
        let expected = if bug.is_none() { 0 } else { FOUND };
        wrong += usize::from(status != Some(expected));
        let judgement = if status == Some(expected) { "as it must" } else { "WRONG" };
        let violations = violations(&run.stdout).unwrap_or("?").to_owned();
        rows.push([name.to_owned(), violations, judgement.to_owned()]);
    }
    println!("\n{}", table::render(["bug", "violations", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    Ok(())
}

/// Optimised, because that is what is proven.
fn build(ws: &Workspace) -> Result<PathBuf> {
    let build = cmd!(ws.sh, "cargo build --quiet --release --package terminate-fuzz --bin step");
    let build = build.args(["--no-default-features", "--features=step"]);
    workspace::executable(&workspace::artifacts(build)?, "step")
}

fn step(program: &Path, arguments: &[String]) -> Result<deadline::Run> {
    deadline::run(Command::new(program).args(arguments), LIMIT)
}

/// The last line of the table is of all scenarios; violations come before the seconds.
fn violations(output: &str) -> Option<&str> {
    output.lines().find(|line| line.starts_with("all "))?.split_whitespace().rev().nth(1)
}

/// The first boundary that failed, without the history that goes with it.
fn first_failure(output: &str) -> Option<String> {
    let (_, failures) = output.split_once("\n\n")?;
    let first = failures.split("\n\n").next()?;
    let told = |line: &&str| !line.starts_with("  ") || line.starts_with("  before") || line.starts_with("    in ");
    Some(first.lines().filter(told).fold(String::new(), |text, line| text + line + "\n"))
}

#[cfg(test)]
mod tests {
    use super::{first_failure, tried, violations};

    const OUTPUT: &str = "scenario  boundaries  forks  pairs  violations  seconds
run, one          12     84      0           3      0.1
all               12     84      0           3      0.1
7 scenarios, seed 1, 0.1 s in all

run, one / run, boundary 3: hook 1 was called 2 times instead of 1
  Register of 1
  before 0x10: 48 89
    in run (run.rs:7)
again: step --only 'run, one / run' --at 3 --seed 1

run, one / register, boundary 4: lost
";

    #[test]
    fn the_violations_of_all_scenarios_are_read_off_the_table() {
        assert_eq!(violations(OUTPUT), Some("3"));
        assert_eq!(violations(""), None);
    }

    #[test]
    fn the_boundaries_of_a_signal_path_are_read_off_the_line_that_libtest_has_begun() {
        assert_eq!(tried("\nrunning 1 test\ntest g5_a ... 312 of 313 boundaries\nok\n"), Some(("312", "313")));
        assert_eq!(tried("312 of 313 boundaries\n"), Some(("312", "313")));
        assert_eq!(tried("running 1 test\n"), None);
    }

    #[test]
    fn the_first_failure_is_told_with_its_instruction_and_without_its_history() {
        let told = first_failure(OUTPUT).unwrap();
        assert_eq!(told.lines().count(), 4);
        assert!(told.contains("boundary 3") && told.contains("run.rs:7") && !told.contains("Register"));
    }
}
