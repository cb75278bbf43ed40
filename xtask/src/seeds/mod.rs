//! `cargo xtask seeds`: a test that cannot fail proves nothing, so each bug in the lists is built in, and its tests must go red.
//!
//! The lists are `seeds/*.toml`. A bug is a change of the source, which is made in a scratch tree; the source itself has no
//! trace of it. The tests must pass in the scratch tree without the bug: what fails there for another reason proves nothing.

mod check;
mod list;
pub(crate) mod scratch;
mod trial;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use clap::Args;

use self::list::{Seed, Suspect};
use self::scratch::Scratch;
use crate::libtest::Verdict;
use crate::table;
use crate::workspace::Workspace;

/// Two, also on two cores: a bug that hangs keeps its trial waiting for half a minute, and the other one goes on.
const JOBS: u8 = 2;

#[derive(Args)]
pub(crate) struct Options {
    /// Only whether the lists fit the source: builds nothing
    #[arg(long)]
    check: bool,
    /// Only the bugs whose name contains this
    #[arg(long, conflicts_with = "check")]
    only: Option<String>,
    /// How many bugs are tried at the same time, each in a scratch tree of its own; one build runs at a time
    #[arg(long, default_value_t = JOBS, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self { check: false, only: None, jobs: JOBS }
    }
}

impl Options {
    pub(crate) fn check() -> Self {
        Self { check: true, ..Self::default() }
    }
}

/// What is tried: a program with a bug or without one, and the tests whose verdicts count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    suspect: Suspect,
    bug: Option<String>,
    tests: BTreeSet<String>,
}

/// A line of the table: bug, test, verdict, judgement, seconds.
type Row = [String; 5];

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if options.check {
        return check::run(ws);
    }
    let mut seeds = list::read(ws)?;
    seeds.retain(|seed| options.only.as_ref().is_none_or(|only| seed.bug.contains(only)));
    ensure!(!seeds.is_empty(), "no seeded bug to try");
    let rows = try_all(jobs(&seeds), options.jobs)?;
    println!("\n{}", table::render(["bug", "test", "verdict", "", "seconds"], &rows));
    let wrong = rows.iter().filter(|row| row[3] == WRONG).count();
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    println!("{} seeded bugs, each found by every test that is there for it", seeds.len());
    Ok(())
}

const WRONG: &str = "WRONG";

/// The programs without a bug first, each with all its tests; then the bugs. Those that are built alike follow each other.
fn jobs(seeds: &[Seed]) -> VecDeque<Job> {
    let mut sound = BTreeMap::<_, BTreeSet<_>>::new();
    for seed in seeds {
        sound.entry(seed.suspect()).or_default().extend(seed.tests.iter().cloned());
    }
    let sound = sound.into_iter().map(|(suspect, tests)| Job { suspect, bug: None, tests });
    let mut seeds: Vec<_> = seeds.iter().collect();
    seeds.sort_by_key(|seed| (seed.suspect().cfgs, seed.change[0].file.clone(), seed.suspect()));
    let seeded = seeds.into_iter().map(|seed| Job {
        suspect: seed.suspect(),
        bug: Some(seed.bug.clone()),
        tests: seed.tests.clone(),
    });
    sound.chain(seeded).collect()
}

/// Does the jobs, some at the same time, and returns the lines of the table in the order of the jobs.
fn try_all(jobs: VecDeque<Job>, workers: u8) -> Result<Vec<Row>> {
    let all = jobs.len();
    let queue = Mutex::new(jobs.into_iter().enumerate().collect::<VecDeque<_>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    // Cargo keeps all cores busy by itself.
    let building = Mutex::new(());
    let work = |worker: u8| -> Result<Vec<(usize, Vec<Row>)>> {
        let mut scratch = None;
        let mut done = Vec::new();
        while let Some((number, job)) = next() {
            let scratch = match &mut scratch {
                Some(scratch) => scratch,
                // A shell is one thread's.
                none => none.insert(Scratch::new(&Workspace::load()?, &format!("seeds-{worker}"))?),
            };
            let rows = try_one(scratch, &job, &building)?;
            let lines: Vec<_> = rows.iter().map(|row| format!("\n  {}: {} {}", row[1], row[2], row[3])).collect();
            println!("{} of {all}, {}{}", number + 1, name(&job), lines.concat());
            done.push((number, rows));
        }
        Ok(done)
    };
    let done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?)
            .collect::<Result<_>>()
    })?;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().flat_map(|(_, rows)| rows).collect())
}

fn name(job: &Job) -> &str {
    job.bug.as_deref().unwrap_or("no bug")
}

fn try_one(scratch: &mut Scratch, job: &Job, building: &Mutex<()>) -> Result<Vec<Row>> {
    let alone = building.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    scratch.plant(job.bug.as_deref())?;
    let expected = if job.bug.is_some() { Verdict::Failed } else { Verdict::Passed };
    let row = |test: &str, verdict: String, good: bool| {
        let judgement = if good { "as it must" } else { WRONG };
        let seconds = format!("{:.1}", begun.elapsed().as_secs_f64());
        [name(job).to_owned(), test.to_owned(), verdict, judgement.to_owned(), seconds]
    };
    let programs = match trial::build(scratch.workspace(), &job.suspect) {
        Ok(programs) => programs,
        // The others are tried all the same.
        Err(error) => return Ok(vec![row(&job.suspect.file, format!("{error:#}"), false)]),
    };
    drop(alone);
    let verdicts = trial::try_tests(&programs, &job.tests)?;
    let rows = verdicts.into_iter().map(|(test, verdict)| {
        let told = format!("{verdict:?}").to_lowercase();
        row(&test, told, verdict == expected)
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::jobs;
    use super::list::parse;

    /// One entry of a list, with the rest of its lines.
    fn entry(bug: &str, suite: &str, file: &str, changed: &str, rest: &str) -> String {
        format!(
            "[[seed]]\nbug = {bug:?}\nsuite = {suite:?}\npackage = \"terminate-core\"\nfile = {file:?}\n{rest}\n\
             [[seed.change]]\nfile = {changed:?}\nfind = \"a\"\nreplace = \"b\"\n"
        )
    }

    fn list() -> String {
        [
            entry("claim_by_store", "loom", "loom", "slot.rs", r#"tests = ["one", "two"]"#),
            entry(
                "any_generation",
                "plain",
                "wrap",
                "id.rs",
                "tests = [\"three\"]\ncfgs = [\"terminate_small_counter\"]",
            ),
            entry("ticket_late", "loom", "loom", "registry.rs", r#"tests = ["two", "four"]"#),
        ]
        .concat()
    }

    #[test]
    fn programs_are_tried_without_a_bug_first_each_once_with_all_its_tests() {
        let jobs = jobs(&parse(&list()).unwrap());
        let sound = jobs.iter().take_while(|job| job.bug.is_none());
        let tests: Vec<_> = sound.map(|job| job.tests.iter().map(String::as_str).collect::<Vec<_>>()).collect();
        assert_eq!(tests, [vec!["three"], vec!["four", "one", "two"]]);
    }

    #[test]
    fn bugs_that_are_built_alike_follow_each_other() {
        let jobs = jobs(&parse(&list()).unwrap());
        let bugs: Vec<_> = jobs.iter().filter_map(|job| job.bug.as_deref()).collect();
        assert_eq!(bugs, ["any_generation", "ticket_late", "claim_by_store"]);
    }
}
