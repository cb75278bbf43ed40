//! `step`: interrupts every operation of the registry at every instruction, and prints what it found.
//!
//! Exit status: 0 if there was nothing to find, 1 if there was, 2 if it could not be looked for.

mod table;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{panic, thread};

use clap::Parser;
use terminate_fuzz::step::registry::{self, Interrupted};
use terminate_fuzz::step::{Pairs, StepError, Stepper, Verdict};

use crate::table::Row;

/// Interrupts each operation of the registry before each of its instructions, by each operation
#[derive(Parser)]
struct Cli {
    /// Only the scenarios whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Only this boundary, or this pair: 12 or 12.34
    #[arg(long, value_parser = place)]
    at: Option<(usize, Option<usize>)>,
    /// What the sample of pairs depends on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many outer boundaries of each scenario the sample of pairs has, about; 0 for no pairs
    #[arg(long, default_value_t = 8)]
    pairs: u64,
    /// How many of the inner boundaries are tried there: one in so many
    #[arg(long, default_value_t = 48)]
    inner: u64,
    /// How many scenarios are played at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// A line for each scenario, not for each operation and state
    #[arg(long)]
    long: bool,
}

fn place(text: &str) -> Result<(usize, Option<usize>), std::num::ParseIntError> {
    let (outer, inner) = text.split_once('.').map_or((text, None), |(outer, inner)| (outer, Some(inner)));
    Ok((outer.parse()?, inner.map(str::parse).transpose()?))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let begun = Instant::now();
    let mut scenarios = registry::scenarios();
    scenarios.retain(|scenario| scenario.to_string().contains(&cli.only));
    if scenarios.is_empty() {
        eprintln!("no scenario has {:?} in its name", cli.only);
        return ExitCode::from(2);
    }
    match play_all(&cli, &scenarios) {
        Ok(verdicts) => report(&cli, &scenarios, &verdicts, begun),
        Err((scenario, error)) => {
            eprintln!("{scenario}: {error}");
            ExitCode::from(2)
        }
    }
}

type Failed = (String, StepError);

/// Several at a time, each in processes of its own.
fn play_all(cli: &Cli, scenarios: &[Interrupted]) -> Result<Vec<Verdict>, Failed> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(vec![Verdict::default(); scenarios.len()]);
    let work = || -> Result<(), Failed> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = scenarios.get(number) else { return Ok(()) };
            let verdict = play(cli, scenario).map_err(|error| (scenario.to_string(), error))?;
            let mut verdicts = verdicts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            verdicts[number] = verdict;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cli.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
    })?;
    Ok(verdicts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn play(cli: &Cli, scenario: &Interrupted) -> Result<Verdict, StepError> {
    let stepper = Stepper::new().seed(cli.seed);
    if let Some((outer, inner)) = cli.at {
        return stepper.at(outer, inner).run(scenario);
    }
    let mut verdict = stepper.run(scenario)?;
    if verdict.forks != verdict.boundaries {
        return Err(StepError::Stage(format!("{} boundaries, {} forks", verdict.boundaries, verdict.forks)));
    }
    if let Some(outer) = verdict.boundaries.checked_div(cli.pairs) {
        let two_levels = stepper.pairs(Pairs::OneIn(outer, cli.inner)).run(scenario)?;
        verdict.pairs = two_levels.pairs;
        verdict.violations += two_levels.violations;
        verdict.first = verdict.first.or(two_levels.first);
        verdict.took += two_levels.took;
    }
    Ok(verdict)
}

fn report(cli: &Cli, scenarios: &[Interrupted], verdicts: &[Verdict], begun: Instant) -> ExitCode {
    let mut rows: Vec<Row> = Vec::new();
    for (scenario, verdict) in scenarios.iter().zip(verdicts) {
        let name = if cli.long { scenario.to_string() } else { scenario.subject() };
        match rows.last_mut() {
            Some(row) if row.name == name => row.add(verdict),
            _ => rows.push(Row::new(name, verdict)),
        }
    }
    print!("{}", table::render(&rows));
    println!("{} scenarios, seed {}, {:.1} s in all", scenarios.len(), cli.seed, begun.elapsed().as_secs_f64());
    let failed: Vec<_> = scenarios.iter().zip(verdicts).filter_map(|(s, v)| Some((s, v.first.as_ref()?))).collect();
    for (scenario, failure) in failed.iter().take(3) {
        println!("\n{scenario}, {failure}");
        println!("again: step --only '{scenario}' --at {} --seed {}", failure.place(), cli.seed);
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, place};

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_place_is_one_boundary_or_two() {
        assert_eq!(place("12"), Ok((12, None)));
        assert_eq!(place("12.34"), Ok((12, Some(34))));
        place("12.").unwrap_err();
    }
}
