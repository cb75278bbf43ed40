//! `cargo xtask firmware`: the programs of tests/firmware, built for every target and run in QEMU.

mod features;
pub(crate) mod program;
mod scenarios;
pub(crate) mod setup;
mod sweep;
pub(crate) mod target;
pub(crate) mod toolchain;
mod trace;

use anyhow::{Result, ensure};
use clap::Args;

pub(crate) use self::program::MANIFEST;
use self::program::Programs;
use self::target::TARGETS;
use self::toolchain::{Toolchain, With};
use crate::table;
use crate::workspace::Workspace;

#[derive(Args, Default)]
pub(crate) struct Options {
    /// First installs what is missing: targets by rustup, else compiler and emulators by apt, on Debian and as root
    #[arg(long)]
    setup: bool,
    /// Installs, and does nothing else
    #[arg(long)]
    setup_only: bool,
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

/// What came of one scenario.
pub(crate) struct Row {
    pub(crate) target: &'static str,
    pub(crate) scenario: String,
    /// What went wrong, if anything.
    pub(crate) wrong: Option<String>,
    /// The instructions swept and the violations found; nothing if it was no sweep.
    pub(crate) swept: Option<(usize, usize)>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if options.setup || options.setup_only {
        setup::run(ws)?;
    }
    if options.setup_only {
        return Ok(());
    }
    if options.self_test {
        return sweep::self_test(ws, options.with);
    }
    let mut rows = Vec::new();
    for target in TARGETS.iter().filter(|target| target.triple.contains(&options.only)) {
        let toolchain = Toolchain::find(ws, target, options.with)?;
        rows.extend(features::run(ws, target, &toolchain)?);
        let programs = Programs::build(ws, target, &toolchain, &[])?;
        rows.extend(scenarios::run(ws, target, &programs)?);
        rows.extend(sweep::run(target, &programs)?);
    }
    ensure!(!rows.is_empty(), "no target has {:?} in its name", options.only);
    report(&rows)
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
    let wrong: Vec<_> = rows.iter().filter(|row| row.wrong.is_some()).collect();
    for row in &wrong {
        println!("{}, {}: {}\n", row.target, row.scenario, row.wrong.as_deref().unwrap_or_default());
    }
    ensure!(wrong.is_empty(), "{} of {} scenarios went wrong", wrong.len(), rows.len());
    Ok(())
}

fn cells(row: &Row) -> [String; 5] {
    let result = if row.wrong.is_some() { "FAILED" } else { "ok" };
    let (swept, violations) = row.swept.map_or_else(Default::default, |(n, v)| (n.to_string(), v.to_string()));
    [row.target.to_owned(), row.scenario.clone(), result.to_owned(), swept, violations]
}

#[cfg(test)]
mod tests {
    use super::{Row, report};

    fn row(wrong: Option<&str>) -> Row {
        Row { target: "t", scenario: "s".to_owned(), wrong: wrong.map(str::to_owned), swept: Some((7, 0)) }
    }

    #[test]
    fn one_scenario_that_went_wrong_fails_the_task() {
        report(&[row(None), row(None)]).unwrap();
        report(&[row(None), row(Some("lost"))]).unwrap_err();
    }
}
