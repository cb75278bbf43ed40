//! `cargo xtask flake`: the same programs again and again, while every core is busy with something else.
//!
//! By default the tour of terminate-std; with `--suite`, every test program of the workspace.

mod load;
mod suite;
mod tour;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;

use crate::deadline::{self, Run};
use crate::table;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Runs all test programs of the workspace in place of the tour
    #[arg(long)]
    suite: bool,
    /// Only programs whose name, as in the table, contains this
    #[arg(long)]
    only: Option<String>,
    /// How often each runs
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// How many run at the same time
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
}

impl Options {
    pub(crate) fn tour(times: u32) -> Self {
        Self { suite: false, only: None, times, jobs: 3 }
    }
}

/// Something to run often.
struct Program {
    name: String,
    path: PathBuf,
    arguments: &'static [&'static str],
    directory: PathBuf,
    environment: Vec<(&'static str, PathBuf)>,
    limit: Duration,
    /// The number of tests or cases of a good run, or what is wrong with it.
    judge: fn(&Run) -> Result<u64, String>,
}

#[derive(Default)]
struct Sums {
    runs: u32,
    passed: u64,
    failed_runs: u32,
    time: Duration,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let mut programs = if options.suite { suite::programs(ws)? } else { vec![tour::program(ws)?] };
    programs.retain(|program| options.only.as_ref().is_none_or(|only| program.name.contains(only)));
    ensure!(!programs.is_empty(), "nothing to run");
    let start = Instant::now();
    let mut all = BTreeMap::<&str, Sums>::new();
    let mut done = 0;
    // A round after the other: what fails in the third is told before the fiftieth begins.
    let runs: Vec<&Program> = (0..options.times).flat_map(|_| &programs).collect();
    load::under_load(
        &runs,
        options.jobs,
        |program| program.run(),
        |number, program, (result, time)| {
            let sums = all.entry(&program.name).or_default();
            sums.runs += 1;
            sums.time += time;
            match result {
                Ok(passed) => sums.passed += passed,
                Err(failure) => {
                    sums.failed_runs += 1;
                    println!("{}, run {number} of {}: {failure}\n", program.name, runs.len());
                }
            }
            done += 1;
            if done % programs.len() == 0 {
                let failed: u32 = all.values().map(|sums| sums.failed_runs).sum();
                eprint!("\r{} of {} times, {failed} runs failed ", done / programs.len(), options.times);
            }
        },
    )?;

    eprintln!();
    let row = |(name, sums): (&str, &Sums)| {
        let seconds = format!("{:.1}", sums.time.as_secs_f64());
        [name.to_owned(), sums.runs.to_string(), sums.passed.to_string(), sums.failed_runs.to_string(), seconds]
    };
    let total = all.values().fold(Sums::default(), |a, b| Sums {
        runs: a.runs + b.runs,
        passed: a.passed + b.passed,
        failed_runs: a.failed_runs + b.failed_runs,
        time: a.time + b.time,
    });
    let rows: Vec<_> = all.iter().map(|(name, sums)| row((name, sums))).chain([row(("all", &total))]).collect();
    println!("{}", table::render(["program", "runs", "passed", "runs that failed", "seconds"], &rows));
    println!("{} times, {} at the same time, {} seconds", options.times, options.jobs, start.elapsed().as_secs());
    ensure!(total.runs as usize == runs.len(), "only {} of {} runs were made", total.runs, runs.len());
    ensure!(total.failed_runs == 0, "{} of {} runs failed", total.failed_runs, total.runs);
    Ok(())
}

impl Program {
    fn run(&self) -> Result<(Result<u64, String>, Duration)> {
        let mut command = Command::new(&self.path);
        command.args(self.arguments).current_dir(&self.directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let start = Instant::now();
        let run = deadline::run(&mut command, self.limit)?;
        Ok(((self.judge)(&run), start.elapsed()))
    }
}

/// What a failed run is told with.
fn outputs(run: &Run, limit: Duration) -> String {
    let end = run.status.map_or_else(|| format!("not ended after {limit:?}"), |status| status.to_string());
    format!("{end}\n{}{}", run.stdout, run.stderr)
}
