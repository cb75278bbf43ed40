//! `cargo xtask bench`: terminate beside its peers, measured in one run, as tables and a picture; and the budgets.
//!
//! Absolute times are those of the machine, so the tables begin with ratios.

mod binaries;
mod budgets;
mod criterion;
mod page;
mod picture;
mod processes;

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
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    cmd!(ws.sh, "cargo bench --package terminate-tests --bench core").run()?;
    let mut measures = criterion::read(&ws.target("criterion"))?;
    measures.extend(processes::measure(ws, options.rounds)?);
    measures.extend(binaries::measure(ws)?);
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

/// The median of that measure.
fn median(measures: &[Measure], what: &str, whose: &str, number: Option<usize>) -> Option<f64> {
    let found = measures.iter().find(|one| one.what == what && one.whose == whose && one.number == number);
    found.map(|one| one.median)
}
