//! `cargo xtask peers`: the same job with terminate-std and with its peers, under the same storm, as a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;
use xshell::cmd;

use crate::workspace::{self, Workspace};
use crate::{deadline, foreign};

const LIMIT: Duration = Duration::from_secs(1_200);
const PAGE: &str = "docs/peers.md";
/// What storm exits with if it has found something, or nothing.
const FOUND: [Option<i32>; 2] = [Some(0), Some(1)];

#[derive(Args)]
pub(crate) struct Options {
    /// How many rounds each program has in each situation; an interpreter has a twentieth
    #[arg(long, default_value_t = 10_000)]
    rounds: u64,
    /// What the schedules depend on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the page in docs/ anew
    #[arg(long)]
    write: bool,
}

/// One way to be disturbed.
struct Situation {
    name: &'static str,
    /// How the program ends by itself.
    exit: &'static str,
    /// How many signals come a second, in bursts of how many.
    rate: u64,
    burst: u64,
}

const SITUATIONS: [Situation; 5] = [
    // None but the last one, which comes in any case.
    Situation { name: "one signal", exit: "wait", rate: 0, burst: 1 },
    Situation { name: "bursts of signals", exit: "wait", rate: 800, burst: 6 },
    Situation { name: "main exits meanwhile", exit: "exit", rate: 600, burst: 4 },
    Situation { name: "another thread exits meanwhile", exit: "thread-exit", rate: 600, burst: 4 },
    Situation { name: "main panics meanwhile", exit: "panic", rate: 600, burst: 4 },
];

/// One program, with what it cannot do: situation and reason.
struct Peer {
    name: &'static str,
    command: Result<Vec<PathBuf>, String>,
    signals: &'static str,
    /// How many times slower it starts.
    slower: u64,
    cannot: &'static [(&'static str, &'static str)],
    /// How the parent sees it end after a signal.
    end: &'static str,
}

#[derive(Deserialize)]
struct Report {
    rounds: u64,
    failed: u64,
    hooks: u64,
    violations: BTreeMap<String, u64>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let storm = built(ws, "terminate-fuzz", "storm")?;
    let peers = peers(ws, &built(ws, "terminate-tests", "peer")?);
    let mut rows: Vec<Vec<String>> = SITUATIONS.iter().map(|situation| vec![situation.name.to_owned()]).collect();
    let mut ours = 0;
    for peer in &peers {
        for (situation, row) in SITUATIONS.iter().zip(&mut rows) {
            let cell = match (&peer.command, reason(peer, situation)) {
                (Err(why), _) => format!("not run: {why}"),
                (_, Some(why)) => format!("cannot: {why}"),
                (Ok(command), None) => {
                    let report = play(&storm, peer, command, situation, options)?;
                    ours += if peer.name == "terminate-std" { report.failed } else { 0 };
                    cell(&report)
                }
            };
            println!("{}, {}: {cell}", peer.name, situation.name);
            row.push(cell);
        }
    }
    let ends = peers.iter().map(|peer| peer.end.to_owned());
    rows.push(std::iter::once("end after a signal".to_owned()).chain(ends).collect());
    let heads: Vec<_> = std::iter::once("").chain(peers.iter().map(|peer| peer.name)).collect();
    let text = markdown(&heads, &rows);
    println!("\n{text}");
    if options.write {
        write(ws, options, &text)?;
    }
    ensure!(ours == 0, "{ours} rounds with violations in our own column");
    Ok(())
}

fn built(ws: &Workspace, package: &str, program: &str) -> Result<PathBuf> {
    let build = cmd!(ws.sh, "cargo build --quiet --release --package {package} --bin {program}");
    workspace::executable(&workspace::artifacts(build)?, program)
}

fn peers(ws: &Workspace, peer: &Path) -> Vec<Peer> {
    const NOT_TOLD: (&str, &str) = ("another thread exits meanwhile", "it is not told of exits");
    let rust = |name: &str| Ok(vec![peer.to_owned(), name.into()]);
    let all = "TERM,INT,HUP";
    let of = |name, command, signals, cannot, end| Peer { name, command, signals, slower: 1, cannot, end };
    let c = of("C: sigaction, atexit", c(ws), all, &[("main panics meanwhile", "no panics")], "the signal");
    let python = Peer { slower: 20, ..of("pyterminate", python(ws), all, &[NOT_TOLD], "its number, as exit code") };
    vec![
        of("terminate-std", rust("terminate"), all, &[], "the signal"),
        of("ctrlc", rust("ctrlc"), "INT", &[NOT_TOLD], "an exit code; SIGINT alone"),
        of("signal-hook", rust("signal-hook"), all, &[NOT_TOLD], "the signal"),
        of("tokio", rust("tokio"), all, &[NOT_TOLD], "an exit code"),
        c,
        python,
    ]
}

fn reason(peer: &Peer, situation: &Situation) -> Option<&'static str> {
    peer.cannot.iter().find(|(name, _)| *name == situation.name).map(|(_, why)| *why)
}

/// The program in C; where there is no compiler, why.
fn c(ws: &Workspace) -> Result<Vec<PathBuf>, String> {
    Ok(vec![foreign::compiled(ws, "tests/peers/job.c")?])
}

/// The program in Python; where there is none, why.
fn python(ws: &Workspace) -> Result<Vec<PathBuf>, String> {
    Ok(vec![foreign::python(ws)?, ws.root().join("tests/peers/job.py")])
}

fn play(storm: &Path, peer: &Peer, command: &[PathBuf], situation: &Situation, options: &Options) -> Result<Report> {
    let mut run = Command::new(storm);
    run.args(["--json", "--log", "--signals", peer.signals]).args(["--exit", situation.exit]);
    for (option, number) in [
        ("rounds", (options.rounds / peer.slower).max(1)),
        ("seed", options.seed),
        ("burst", situation.burst),
        ("rate", (situation.rate / peer.slower).max(1)),
        ("window", 6_000 * peer.slower),
    ] {
        run.arg(format!("--{option}={number}"));
    }
    if peer.slower > 1 {
        // What an interpreter does before it comes to the program is not the peer's.
        run.arg("--starting=1");
    }
    let run = deadline::run(run.arg("--").args(command), LIMIT)?;
    let status = run.status.context("the storm did not end")?;
    ensure!(FOUND.contains(&status.code()), "{}: {status}\n{}", peer.name, run.stderr);
    let report: Report = serde_json::from_str(&run.stdout)?;
    // Otherwise it was not the job that was tried.
    ensure!(report.hooks * 10 >= report.rounds, "{}: {} jobs in {} rounds", peer.name, report.hooks, report.rounds);
    Ok(report)
}

/// Violations per 10,000 rounds, and of which kinds.
fn cell(report: &Report) -> String {
    let per_ten_thousand = |count: u64| (count * 10_000).div_ceil(report.rounds.max(1));
    if report.failed == 0 {
        return "0".to_owned();
    }
    let kinds = report.violations.iter();
    let kinds: Vec<_> =
        kinds.map(|(kind, count)| format!("{} {}", kind.replace('-', " "), per_ten_thousand(*count))).collect();
    format!("{} ({})", per_ten_thousand(report.failed), kinds.join(", "))
}

fn markdown(heads: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<_> = heads.iter().map(|&head| head.to_owned()).collect();
    let rule: Vec<_> = heads.iter().map(|_| "---".to_owned()).collect();
    [line(&heads), line(&rule)].into_iter().chain(rows.iter().map(|row| line(row))).collect()
}

/// Puts the table between its marks on the page.
fn write(ws: &Workspace, options: &Options, text: &str) -> Result<()> {
    let path = ws.root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let Options { rounds, seed, .. } = options;
    let made = format!(
        "By `cargo xtask peers --rounds {rounds} --seed {seed} --write`, on {} {}, all columns in one run:\n\n{text}",
        env::consts::OS,
        env::consts::ARCH,
    );
    Ok(fs::write(&path, replaced(&page, &made).with_context(|| format!("no marks in {PAGE}"))?)?)
}

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end -->\n";

fn replaced(page: &str, made: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, made, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Report, cell, markdown, replaced};

    #[test]
    fn a_cell_counts_rounds_per_ten_thousand_and_never_rounds_a_violation_away() {
        let report = |rounds, failed, kinds: &[(&str, u64)]| {
            let violations = kinds.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect::<BTreeMap<_, _>>();
            cell(&Report { rounds, failed, hooks: rounds, violations })
        };
        assert_eq!(report(500, 0, &[]), "0");
        assert_eq!(report(500, 2, &[("never-ran", 2), ("lost-file", 1)]), "40 (lost file 20, never ran 40)");
        assert_eq!(report(100_000, 1, &[("hang", 1)]), "1 (hang 1)");
    }

    #[test]
    fn a_table_goes_between_its_marks_and_nowhere_else() {
        let text = markdown(&["", "a"], &[vec!["x".into(), "0".into()]]);
        assert_eq!(text, "|  | a |\n| --- | --- |\n| x | 0 |\n");
        let page = "top\n<!-- table -->\nold\n<!-- end -->\nbottom\n";
        assert_eq!(replaced(page, "new\n").unwrap(), "top\n<!-- table -->\nnew\n<!-- end -->\nbottom\n");
        assert_eq!(replaced("no marks", "new"), None);
    }
}
