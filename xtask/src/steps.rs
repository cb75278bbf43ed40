//! A list of steps: a heading for each, and a table of all at the end, also when one has failed.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::libtest::Tally;
use crate::table;
use crate::workspace::Workspace;

type Job = Box<dyn FnOnce(&Workspace, &mut Tally) -> Result<()>>;

pub(crate) struct Step {
    name: &'static str,
    job: Job,
}

impl Step {
    pub(crate) fn new(name: &'static str, job: impl FnOnce(&Workspace) -> Result<()> + 'static) -> Self {
        Self { name, job: Box::new(|ws, _| job(ws)) }
    }

    /// A step that runs tests, and adds up their results.
    pub(crate) fn tests(name: &'static str, job: impl FnOnce(&Workspace, &mut Tally) -> Result<()> + 'static) -> Self {
        Self { name, job: Box::new(job) }
    }
}

/// Does the steps in order, up to the first that fails or all of them; fails if one has.
pub(crate) fn run(ws: &Workspace, steps: Vec<Step>, keep_going: bool) -> Result<()> {
    let mut tally = Tally::default();
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    let begun = Instant::now();
    for Step { name, job } in steps {
        if !keep_going && !failed.is_empty() {
            rows.push([name.to_owned(), "not done".to_owned(), String::new()]);
            continue;
        }
        println!("\n=== {name} ===");
        let start = Instant::now();
        let not_done = tally.not_done.len();
        let result = job(ws, &mut tally);
        let seconds = seconds_since(start);
        if let Err(error) = &result {
            println!("{name}: {error:#}");
            failed.push(name);
        }
        let word = match result {
            Err(_) => "FAILED",
            Ok(()) if tally.not_done.len() > not_done => "skipped",
            Ok(()) => "ok",
        };
        rows.push([name.to_owned(), word.to_owned(), seconds]);
    }
    rows.push(["all".to_owned(), String::new(), seconds_since(begun)]);
    println!("\n{}", table::render(["step", "result", "seconds"], &rows));
    if tally != Tally::default() {
        println!("{tally}");
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn seconds_since(start: Instant) -> String {
    format!("{:.1}", start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::{Step, run};
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
        run(&ws, vec![step(true), step(false), step(true)], keep_going).unwrap_err();
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
