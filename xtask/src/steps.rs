//! A list of steps: a heading and a time limit for each, and a table of all at the end, also when one has failed.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use rustix::fs::statvfs;

use crate::libtest::Tally;
use crate::table;
use crate::watchdog::watch;
use crate::workspace::Workspace;

/// For a step, on a slow machine.
const LIMIT: Duration = Duration::from_secs(20 * 60);

type Job = Box<dyn FnOnce(&Workspace, &mut Tally) -> Result<()>>;

pub(crate) struct Step {
    name: &'static str,
    job: Job,
    /// Directories below the target directory that no later step needs.
    last_use_of: &'static [&'static str],
}

/// How to go through a list of steps.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Going {
    /// Does what is left when something has failed, so that all failures are known at once; fails in the end
    #[arg(long)]
    keep_going: bool,
    /// Removes what steps have built as soon as no later one needs it: for machines with little room
    #[arg(long)]
    frugal: bool,
}

impl Step {
    pub(crate) fn new(name: &'static str, job: impl FnOnce(&Workspace) -> Result<()> + 'static) -> Self {
        Self::tests(name, |ws, _| job(ws))
    }

    /// A step that runs tests, and adds up their results.
    pub(crate) fn tests(name: &'static str, job: impl FnOnce(&Workspace, &mut Tally) -> Result<()> + 'static) -> Self {
        Self { name, job: Box::new(job), last_use_of: &[] }
    }

    /// The same step, after which no other one needs these directories below the target directory.
    pub(crate) fn last_use_of(self, directories: &'static [&'static str]) -> Self {
        Self { last_use_of: directories, ..self }
    }
}

/// Does the steps in order, up to the first that fails or all of them; fails if one has.
pub(crate) fn run(ws: &Workspace, steps: Vec<Step>, going: Going) -> Result<()> {
    let mut tally = Tally::default();
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    let begun = Instant::now();
    for Step { name, job, last_use_of } in steps {
        if !going.keep_going && !failed.is_empty() {
            rows.push([name.to_owned(), "not done".to_owned(), String::new()]);
            continue;
        }
        println!("\n=== {name}, after {} s, {} MB free ===", begun.elapsed().as_secs(), free_megabytes(ws));
        let start = Instant::now();
        let not_done = tally.not_done.len();
        let result = watch(LIMIT, || job(ws, &mut tally));
        let seconds = seconds_since(start);
        if let Err(error) = &result {
            println!("{name}: {error:#}");
            failed.push(format!("{name}: {error:#}"));
        }
        let word = match result {
            Err(_) => "FAILED",
            Ok(()) if tally.not_done.len() > not_done => "skipped",
            Ok(()) => "ok",
        };
        rows.push([name.to_owned(), word.to_owned(), seconds]);
        if going.frugal {
            // What is not there need not be removed.
            for directory in last_use_of {
                let _ = fs::remove_dir_all(ws.target(directory));
            }
        }
    }
    rows.push(["all".to_owned(), String::new(), seconds_since(begun)]);
    println!("\n{}", table::render(["step", "result", "seconds"], &rows));
    if tally != Tally::default() {
        println!("{tally}");
    }
    if !failed.is_empty() {
        bail!("failed:\n{}", failed.join("\n"));
    }
    Ok(())
}

/// Where the target directory is.
fn free_megabytes(ws: &Workspace) -> u64 {
    statvfs(ws.root()).map_or(0, |all| all.f_bavail.saturating_mul(all.f_frsize) / 1_000_000)
}

fn seconds_since(start: Instant) -> String {
    format!("{:.1}", start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::{Going, Step, run};
    use crate::workspace::Workspace;

    fn steps_done(keep_going: bool) -> u32 {
        let done = Rc::new(Cell::new(0));
        let step = |result: bool| {
            let done = done.clone();
            Step::new("a step", move |_| {
                done.set(done.get() + 1);
                anyhow::ensure!(result, "as told");
                Ok(())
            })
        };
        let ws = Workspace::load().unwrap();
        let going = Going { keep_going, ..Going::default() };
        run(&ws, vec![step(true), step(false), step(true)], going).unwrap_err();
        done.get()
    }

    #[test]
    fn the_first_failure_ends_the_run() {
        assert_eq!(steps_done(false), 2);
    }

    #[test]
    fn a_run_that_keeps_going_does_every_step_and_fails_all_the_same() {
        assert_eq!(steps_done(true), 3);
    }
}
