//! `cargo xtask bench`: terminate beside its peers, measured in one run, as tables and a picture; and the budgets.
//!
//! Absolute times are those of the machine, so the tables begin with ratios.

mod budgets;
mod criterion;
mod page;
mod picture;
mod processes;
pub(crate) mod weight;

use std::fs;

use anyhow::{Context, Result};
use clap::Args;
use xshell::cmd;

use crate::workspace::Workspace;

const PAGE: &str = "docs/performance.md";
const PICTURE: &str = "docs/images/performance.svg";

#[derive(Args)]
pub(crate) struct Options {
    /// How often each process is measured
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Measures only what each adds to a program: crates, time to compile, bytes
    #[arg(long, conflicts_with = "write")]
    weight: bool,
    /// Writes the page and the picture in docs/ anew
    #[arg(long)]
    write: bool,
}

/// One measure of one contestant: the median, and how far around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measure {
    what: String,
    whose: String,
    /// How many hooks, or threads.
    number: Option<usize>,
    /// Nanoseconds, bytes or threads.
    median: f64,
    spread: f64,
    /// The value of each round, where the contestants took turns.
    rounds: Vec<f64>,
}

impl Measure {
    /// How many times the other it is.
    ///
    /// Where they took turns, the median of what it is in each round: whatever the machine is doing, it does to both, and how long a
    /// second processor takes to wake goes on for many rounds and then changes by tens of microseconds, so that the medians of two
    /// contestants may be of different such times.
    fn times(&self, other: &Self) -> f64 {
        if self.rounds.is_empty() || self.rounds.len() != other.rounds.len() {
            return self.median / other.median;
        }
        quantile(self.rounds.iter().zip(&other.rounds).map(|(one, other)| one / other), 50)
    }
}

/// The one that so many of a hundred are at most.
fn quantile(values: impl Iterator<Item = f64>, of_a_hundred: usize) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.len().checked_sub(1).map_or(f64::NAN, |last| values[last * of_a_hundred / 100])
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if options.weight {
        let measures = weight::measure(ws)?;
        println!("\n{}{}", page::tables(&measures), budgets::table(&measures));
        return Ok(());
    }
    cmd!(ws.sh, "cargo bench --package terminate-benches --bench core").run()?;
    let mut measures = criterion::read(&ws.target("criterion"))?;
    measures.extend(processes::measure(ws, options.rounds)?);
    measures.extend(weight::measure(ws)?);
    let text = page::tables(&measures) + &budgets::table(&measures);
    println!("\n{text}");
    if options.write {
        let path = ws.root().join(PAGE);
        let page = fs::read_to_string(&path).with_context(|| format!("no {PAGE}"))?;
        let compiler = cmd!(ws.sh, "rustc --version").read()?;
        let head =
            format!("By `cargo xtask bench --rounds {} --write`, all in one run; {compiler}.\n\n", options.rounds);
        fs::write(path, page::replaced(&page, &(head + &text)).with_context(|| format!("no marks in {PAGE}"))?)?;
        let picture = ws.root().join(PICTURE);
        fs::create_dir_all(picture.parent().context("a picture lies in a directory")?)?;
        fs::write(picture, picture::draw(&measures)?)?;
    }
    Ok(())
}

fn find<'a>(measures: &'a [Measure], what: &str, whose: &str, number: Option<usize>) -> Option<&'a Measure> {
    measures.iter().find(|one| one.what == what && one.whose == whose && one.number == number)
}

#[cfg(test)]
mod tests {
    use super::{Measure, quantile};

    fn measured(rounds: &[f64]) -> Measure {
        let median = quantile(rounds.iter().copied(), 50);
        let (what, whose) = ("signal to first hook".to_owned(), "ours".to_owned());
        Measure { what, whose, number: None, median, spread: 0.0, rounds: rounds.to_vec() }
    }

    #[test]
    fn who_took_turns_is_compared_round_by_round() {
        let (ours, theirs) = (measured(&[30.0, 30.0, 60.0, 60.0, 60.0]), measured(&[20.0, 20.0, 40.0, 40.0, 20.0]));
        assert_eq!((ours.median, theirs.median, ours.times(&theirs)), (60.0, 20.0, 1.5));
        // An even number of them: of the two in the middle, the lower one.
        assert!(measured(&[1.0, 2.0, 3.0, 4.0]).median < 2.5);
        let once = Measure { rounds: Vec::new(), ..theirs.clone() };
        assert_eq!((ours.times(&once), once.times(&theirs)), (3.0, 1.0));
    }
}
