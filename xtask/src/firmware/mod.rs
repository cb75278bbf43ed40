//! `cargo xtask firmware`: the programs of tests/firmware, built for every target and run in QEMU.

mod features;
mod landings;
pub(crate) mod program;
mod scenarios;
mod setup;
mod sweep;
pub(crate) mod target;
pub(crate) mod toolchain;
mod trace;

use std::iter;

use anyhow::{Result, ensure};
use clap::Args;
use rayon::prelude::*;

pub(crate) use self::program::MANIFEST;
use self::program::Programs;
pub(crate) use self::sweep::seeds;
use self::sweep::{WHOLES, Whole};
use self::target::{TARGETS, Target};
use self::toolchain::{Toolchain, With};
use crate::setup::Setup;
use crate::table;
use crate::workspace::Workspace;

#[derive(Args, Default)]
pub(crate) struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Only the targets whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Which compiler to use, instead of the first that is there
    #[arg(long, value_enum)]
    with: Option<With>,
    /// Builds bugs into the registry, and demands that the sweep finds each
    #[arg(long)]
    self_test: bool,
}

/// What can be done at the same time as the others.
enum Part {
    /// The features, the scenarios, and the sweeps of a registry without a list.
    Usual,
    Sweep(Whole),
}

/// What came of one scenario.
struct Row {
    target: &'static str,
    scenario: String,
    outcome: Outcome,
    /// Nothing if it was no sweep.
    swept: Option<Count>,
}

#[derive(PartialEq, Eq, Debug)]
enum Outcome {
    Good,
    Wrong(String),
    /// There is no such thing on this target, and why.
    None(&'static str),
}

/// Instructions before which an operation was interrupted.
#[derive(Clone, Copy, Default)]
struct Count {
    judged: usize,
    /// How many there are, as far as that is known.
    of: Option<usize>,
    violations: usize,
}

impl Row {
    fn new(target: &Target, scenario: impl Into<String>, wrong: Option<String>) -> Self {
        let outcome = wrong.map_or(Outcome::Good, Outcome::Wrong);
        Self { target: target.triple, scenario: scenario.into(), outcome, swept: None }
    }

    fn none(target: &Target, scenario: impl Into<String>, why: &'static str) -> Self {
        Self { target: target.triple, scenario: scenario.into(), outcome: Outcome::None(why), swept: None }
    }

    /// A sweep that found nothing, because nothing was interrupted, is wrong.
    fn swept(target: &Target, scenario: impl Into<String>, wrong: Option<String>, count: Count) -> Self {
        let wrong = wrong.or_else(|| (count.judged == 0).then(|| "nothing was swept".to_owned()));
        Self { swept: Some(count), ..Self::new(target, scenario, wrong) }
    }
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if !options.setup.carry_out(|| setup::run(ws))? {
        return Ok(());
    }
    if options.self_test {
        return sweep::self_test(ws, options.with);
    }
    let targets = TARGETS.iter().filter(|target| target.triple.contains(&options.only));
    let parts: Vec<_> = targets.flat_map(|target| Part::all().map(move |part| (target, part))).collect();
    ensure!(!parts.is_empty(), "no target has {:?} in its name", options.only);
    // An emulator keeps one processor busy.
    let rows = parts.into_par_iter().map(|(target, part)| part.run(target, options.with));
    let rows: Vec<_> = rows.collect::<Result<_>>()?;
    report(&rows.into_iter().flatten().collect::<Vec<_>>())
}

impl Part {
    fn all() -> impl Iterator<Item = Self> {
        iter::once(Self::Usual).chain(WHOLES.map(Self::Sweep))
    }

    fn run(&self, target: &Target, with: Option<With>) -> Result<Vec<Row>> {
        // A shell is one thread's.
        let ws = &Workspace::load()?;
        let toolchain = &Toolchain::find(ws, target, with)?;
        match self {
            Self::Usual => {
                let mut rows = features::run(ws, target, toolchain)?;
                let programs = &Programs::build(ws, target, toolchain)?;
                rows.extend(scenarios::run(ws, target, programs)?);
                rows.extend(sweep::usual(target, programs)?);
                Ok(rows)
            }
            Self::Sweep(whole) => Ok(vec![whole.run(ws, target, toolchain)?]),
        }
    }
}

/// The lints, for one target of each architecture and kind; where rustup has it, since Debian's compiler has no clippy.
pub(crate) fn clippy(ws: &Workspace) -> Result<()> {
    for target in &TARGETS {
        let Ok(toolchain @ Toolchain::Rustup) = Toolchain::find(ws, target, None) else {
            println!("no clippy for {}", target.triple);
            continue;
        };
        let cargo = toolchain.cargo(ws, "clippy", target.triple, "");
        let cargo =
            cargo.args(["--release", "--locked", "--quiet", "--workspace", "--bins", "--examples", "--manifest-path"]);
        let mut cargo = cargo.arg(MANIFEST).arg("--target-dir").arg(ws.target("clippy"));
        if target.critical_section {
            cargo = cargo.arg("--features=critical-section,terminate-size/critical-section");
        }
        cargo.args(["--", "-D", "warnings"]).run()?;
    }
    Ok(())
}

fn report(rows: &[Row]) -> Result<()> {
    let cells: Vec<_> = rows.iter().map(cells).collect();
    println!("\n{}", table::render(["target", "scenario", "result", "instructions swept", "violations"], &cells));
    let mut wrong = 0;
    for row in rows {
        if let Outcome::Wrong(what) = &row.outcome {
            println!("{}, {}: {what}\n", row.target, row.scenario);
            wrong += 1;
        }
    }
    ensure!(wrong == 0, "{wrong} of {} scenarios went wrong", rows.len());
    Ok(())
}

fn cells(row: &Row) -> [String; 5] {
    let result = match row.outcome {
        Outcome::Good => "ok".to_owned(),
        Outcome::Wrong(_) => "FAILED".to_owned(),
        Outcome::None(why) => format!("none: {why}"),
    };
    let (mut swept, mut violations) = Default::default();
    if let Some(count) = row.swept {
        swept = count.of.map_or_else(|| count.judged.to_string(), |of| format!("{} of {of}", count.judged));
        violations = count.violations.to_string();
    }
    [row.target.to_owned(), row.scenario.clone(), result, swept, violations]
}

#[cfg(test)]
mod tests {
    use super::{Count, Row, TARGETS, cells, report};

    fn row(wrong: Option<&str>, judged: usize) -> Row {
        let count = Count { judged, of: Some(9), violations: 0 };
        Row::swept(&TARGETS[0], "s", wrong.map(str::to_owned), count)
    }

    #[test]
    fn one_scenario_that_went_wrong_fails_the_task() {
        report(&[row(None, 7), row(None, 7)]).unwrap();
        report(&[row(None, 7), row(Some("lost"), 7)]).unwrap_err();
    }

    #[test]
    fn a_sweep_that_interrupted_nothing_fails_the_task() {
        report(&[row(None, 0)]).unwrap_err();
    }

    #[test]
    fn what_a_target_does_not_have_is_not_said_to_be_well() {
        let none = Row::none(&TARGETS[0], "s", "no such thing");
        assert_eq!(cells(&none)[2], "none: no such thing");
        assert_eq!(cells(&row(None, 7))[2..4], ["ok", "7 of 9"]);
    }
}
