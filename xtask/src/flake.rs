//! `cargo xtask flake`: the tour of terminate-std, many times, while every core is busy with something else.

use std::hint;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use xshell::cmd;

use crate::deadline::{self, Run};
use crate::workspace::{self, Workspace};

const LIMIT: Duration = Duration::from_secs(120);

#[derive(Args)]
pub(crate) struct Options {
    /// How often the tour runs
    #[arg(long, default_value_t = 200)]
    pub(crate) times: usize,
    /// How many tours run at the same time
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) jobs: u8,
}

/// What the tour says about one way to end.
#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    hooks: Value,
    ended: Value,
    expected: Value,
    ok: bool,
}

#[derive(Default)]
struct Sums {
    runs: usize,
    cases: usize,
    /// One text for each run that went wrong.
    failures: Vec<String>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let build = cmd!(ws.sh, "cargo build --package terminate-std --example tour");
    let tour = workspace::executable(&workspace::artifacts(build)?, "tour")?;
    let Sums { runs, cases, failures } = under_load(&tour, options)?;
    for failure in &failures {
        println!("{failure}\n");
    }
    println!("{runs} runs, {cases} cases, {} runs failed", failures.len());
    ensure!(runs > 0 && failures.is_empty(), "{} of {runs} runs of the tour failed", failures.len());
    Ok(())
}

fn under_load(tour: &Path, options: &Options) -> Result<Sums> {
    let (started, stop, sums) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Sums::default()));
    let worker = || -> Result<()> {
        while started.fetch_add(1, Ordering::Relaxed) < options.times {
            let run = deadline::run(Command::new(tour).arg("--json"), LIMIT)?;
            let judged = judge(&run);
            let mut sums = sums.lock().expect("no worker panics while it adds");
            sums.runs += 1;
            match judged {
                Ok(cases) => sums.cases += cases,
                Err(failure) => sums.failures.push(failure),
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(worker)).collect();
        let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Before anything is said about the results, or the load would spin for ever.
        stop.store(true, Ordering::Relaxed);
        results.into_iter().try_for_each(|result| result.expect("a worker does not panic"))
    })?;
    Ok(sums.into_inner().expect("no worker panics while it adds"))
}

/// The number of cases of a good run, or what is wrong with it.
fn judge(run: &Run) -> Result<usize, String> {
    let outputs = || format!("{}{}", run.stdout, run.stderr);
    let Some(status) = run.status else { return Err(format!("not ended after {LIMIT:?}\n{}", outputs())) };
    let cases: Vec<Case> =
        serde_json::from_str(&run.stdout).map_err(|error| format!("no report ({error})\n{}", outputs()))?;
    let bad: Vec<_> = cases.iter().filter(|case| !case.ok).map(describe).collect();
    if !bad.is_empty() {
        return Err(bad.join("\n"));
    }
    if !status.success() || cases.is_empty() {
        return Err(format!("{status}, {} cases\n{}", cases.len(), outputs()));
    }
    Ok(cases.len())
}

fn describe(Case { name, hooks, ended, expected, .. }: &Case) -> String {
    format!("{name}: ended {ended}, expected {expected}, hooks {hooks}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Run, judge};

    fn run(raw_status: Option<i32>, stdout: &str) -> Run {
        Run { status: raw_status.map(ExitStatus::from_raw), stdout: stdout.to_owned(), stderr: String::new() }
    }

    fn case(ok: bool) -> String {
        format!(r#"{{"case":"exit","hooks":["a"],"ended":"exit 3","expected":"exit 3","ok":{ok}}}"#)
    }

    #[test]
    fn a_good_run_counts_its_cases() {
        assert_eq!(judge(&run(Some(0), &format!("[{},{}]", case(true), case(true)))), Ok(2));
    }

    #[test]
    fn a_case_that_is_not_ok_is_told_whatever_the_status_says() {
        let failure = judge(&run(Some(0), &format!("[{},{}]", case(true), case(false)))).unwrap_err();
        assert_eq!(failure, r#"exit: ended "exit 3", expected "exit 3", hooks ["a"]"#);
    }

    #[test]
    fn a_run_without_an_end_a_report_a_case_or_a_good_status_has_failed() {
        judge(&run(None, "[]")).unwrap_err();
        judge(&run(Some(0), "Segmentation fault")).unwrap_err();
        judge(&run(Some(0), "[]")).unwrap_err();
        judge(&run(Some(1 << 8), &format!("[{}]", case(true)))).unwrap_err();
    }
}
