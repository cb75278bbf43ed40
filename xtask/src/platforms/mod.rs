//! `cargo xtask platforms`: every platform, and how far it is verified here, as one table.

mod compiler;
mod emulator;
mod left_out;
mod list;
mod musl;
mod node;
mod parts;
mod result;
mod setup;
mod wasi;
mod zig;

use anyhow::{Context, Result, ensure};
use clap::Args;

pub(crate) use self::compiler::Compiler;
use self::list::{By, PLATFORMS, Part, Platform};
use self::result::{Outcome, Row};
pub(crate) use self::wasi::MANIFEST as WASI;
use crate::libtest::Tally;
use crate::setup::Setup;
use crate::workspace::Workspace;

#[derive(Args, Default)]
pub(crate) struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Only what CI does, and what is needed for that
    #[arg(long)]
    quick: bool,
    /// Only the platforms whose name, as in the table, contains this
    #[arg(long)]
    only: Option<String>,
    /// Only what is of that kind
    #[arg(long, value_enum)]
    part: Option<Part>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if !options.setup.carry_out(|| setup::run(ws, options.quick))? {
        return Ok(());
    }
    let rows = rows(ws, options);
    println!("\n{}", result::render(&rows));
    ensure!(!rows.is_empty(), "no platform of that name");
    verdict(&rows)
}

/// The step of CI.
pub(crate) fn step(ws: &Workspace, tally: &mut Tally) -> Result<()> {
    let rows = rows(ws, &Options { quick: true, ..Options::default() });
    println!("\n{}", result::render(&rows));
    for row in &rows {
        match &row.outcome {
            Outcome::Ran(count) | Outcome::Failed(count, _) => {
                tally.passed += count.passed;
                tally.failed += count.failed;
            }
            Outcome::NotVerified(why) => drop(tally.not_done.insert(format!("{}, {}: {why}", row.platform, row.part))),
            Outcome::Built => {}
        }
    }
    verdict(&rows)
}

/// What builds for a target of the list.
///
/// # Errors
///
/// If something is missing on this machine.
pub(crate) fn compiler<'a>(ws: &'a Workspace, triple: &str) -> Result<Compiler<'a>> {
    let platform = PLATFORMS.iter().find(|platform| platform.triple == triple && platform.cfg.is_none());
    Compiler::find(ws, platform.with_context(|| format!("{triple} is not on the list"))?)
        .with_context(|| format!("nothing builds for {triple}; `cargo xtask platforms --setup` may help"))
}

fn rows(ws: &Workspace, options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = |platform: &&Platform| options.only.as_ref().is_none_or(|only| platform.name().contains(only));
    for platform in PLATFORMS.iter().filter(wanted) {
        let parts = if options.quick { platform.quick } else { platform.parts };
        for part in parts.iter().copied().filter(|part| options.part.is_none_or(|wanted| wanted == *part)) {
            println!("\n=== {}: {} ===", platform.name(), part.name());
            let (how, outcome) = verified(ws, platform, part, options.quick);
            rows.push(Row { platform: platform.name(), how, part: part.name(), outcome });
        }
    }
    rows
}

/// How, and what came of it.
fn verified(ws: &Workspace, platform: &Platform, part: Part, quick: bool) -> (String, Outcome) {
    let compiler = match Compiler::that_runs(ws, platform) {
        Ok(compiler) => compiler,
        Err(error) => return (String::new(), Outcome::NotVerified(format!("{error:#}"))),
    };
    let how = match &platform.by {
        By::Native => "run natively".to_owned(),
        By::Emulator(emulator) => format!("run by {}", emulator.version(ws).unwrap_or_default()),
        By::Zig(..) => format!("linked by {}", zig::version()),
        By::Node => format!("run by {}", node::version(ws).unwrap_or_default()),
        By::Check => "checked".to_owned(),
    };
    let outcome = parts::run(ws, platform, &compiler, part, quick);
    (how, outcome.unwrap_or_else(|error| Outcome::Failed(result::Count::default(), format!("{error:#}"))))
}

fn verdict(rows: &[Row]) -> Result<()> {
    let of = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let failed = of(|outcome| matches!(outcome, Outcome::Failed(..)));
    let not_verified = of(|outcome| matches!(outcome, Outcome::NotVerified(_)));
    println!("{} of {} rows verified, {failed} failed", rows.len() - failed - not_verified, rows.len());
    ensure!(failed == 0, "{failed} of {} rows failed", rows.len());
    Ok(())
}
