//! `cargo xtask windows`: terminate-std on Windows, as far as wine and checks for other targets can show it.

mod terminal;
mod wine;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use xshell::cmd;

use self::wine::Wine;
use crate::libtest::{self, Tally};
use crate::setup::Setup;
use crate::workspace::{self, Workspace};
use crate::{deadline, table, tour};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    setup: Setup,
    /// How many programs get events at seeded instants
    #[arg(long, default_value_t = 2000)]
    rounds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { setup: Setup::default(), rounds: 200, seed: 1 }
    }
}

/// Where programs run.
const TARGET: &str = "x86_64-pc-windows-gnu";
/// For which the library and the example of a service are checked.
const CHECKED: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"];
pub(crate) const MANIFEST: &str = "tests/windows/Cargo.toml";
const FIXTURE: &str = "fixture";
/// For one program; the storm has as much for each hundred rounds.
const LIMIT: Duration = Duration::from_secs(300);

/// What came of a part.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// What failed, and why something was skipped.
    notes: Vec<String>,
}

impl Count {
    fn one() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    fn skipped(why: String) -> Self {
        Self { skipped: 1, notes: vec![why], ..Self::default() }
    }

    fn failed(why: String) -> Self {
        Self { failed: 1, notes: vec![why], ..Self::default() }
    }

    fn of(tally: &Tally) -> Self {
        let skipped = tally.skipped.len() as u64;
        let notes = tally.skipped.iter().map(|line| format!("skipped: {line}")).collect();
        Self { passed: tally.passed.saturating_sub(skipped), failed: tally.failed, skipped, notes }
    }
}

/// Fails if the machine lacks something that `--setup` installs.
pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if !options.setup.carry_out(|| wine::set_up(ws))? {
        return Ok(());
    }
    let wine = Wine::find(ws)?;
    verdict(&parts(ws, &wine, options))
}

/// The step of CI, which is skipped if there is no wine.
pub(crate) fn step(ws: &Workspace, tally: &mut Tally) -> Result<()> {
    let wine = match Wine::find(ws) {
        Ok(wine) => wine,
        Err(reason) => {
            println!("SKIPPED: {reason:#}");
            tally.not_done.insert(format!("Windows: {reason:#}"));
            return Ok(());
        }
    };
    let parts = parts(ws, &wine, &Options::default());
    for (_, count) in &parts {
        tally.passed += count.passed;
        tally.failed += count.failed;
        tally.skipped.extend(count.notes.iter().filter(|_| count.skipped > 0).cloned());
    }
    verdict(&parts)
}

fn parts(ws: &Workspace, wine: &Wine<'_>, options: &Options) -> Vec<(String, Count)> {
    let named = |name: &str, count: Result<Count>| {
        (name.to_owned(), count.unwrap_or_else(|error| Count::failed(format!("{error:#}"))))
    };
    let mut all: Vec<_> =
        CHECKED.into_iter().map(|target| named(&format!("check, {target}"), check(ws, target))).collect();
    all.push(named("process tests", process_tests(wine)));
    all.push(named("tour", run_tour(wine)));
    all.push(named("Ctrl-C, typed", typed(wine)));
    all.push(named("storm", storm(wine, options)));
    all
}

fn verdict(parts: &[(String, Count)]) -> Result<()> {
    let row = |name: &str, count: [u64; 3]| {
        let [passed, skipped, failed] = count.map(|number| number.to_string());
        [name.to_owned(), passed, skipped, failed]
    };
    let numbers = |count: &Count| [count.passed, count.skipped, count.failed];
    let mut rows: Vec<_> = parts.iter().map(|(name, count)| row(name, numbers(count))).collect();
    let sum = |of: fn(&Count) -> u64| parts.iter().map(|(_, count)| of(count)).sum::<u64>();
    let failed = sum(|count| count.failed);
    rows.push(row("all", [sum(|count| count.passed), sum(|count| count.skipped), failed]));
    println!("\n{}", table::render(["Windows", "passed", "skipped", "failed"], &rows));
    for (name, count) in parts {
        count.notes.iter().for_each(|note| println!("{name}: {note}"));
    }
    ensure!(failed == 0, "{failed} cases failed");
    Ok(())
}

/// The library compiles, and so does the example of a service.
fn check(ws: &Workspace, target: &str) -> Result<Count> {
    if !crate::setup::rustup_has(ws, target) {
        return Ok(Count::skipped(format!("no {target}: `rustup target add {target}`")));
    }
    let directory = ws.target("windows");
    for manifest in ["terminate-std/Cargo.toml", MANIFEST] {
        cmd!(
            ws.sh,
            "cargo check --quiet --all-features --lib --bins --examples --manifest-path {manifest} --target {target} --target-dir {directory}"
        )
        .run()?;
    }
    Ok(Count::one())
}

/// The tests of `tests/windows`, also with a fixture that aborts on panic.
fn process_tests(wine: &Wine<'_>) -> Result<Count> {
    let abort = wine.built(&["build", "--manifest-path", MANIFEST, "--profile", "abort", "--bin", FIXTURE], FIXTURE)?;
    let mut tally = Tally::default();
    let test = wine.cargo(&["test", "--manifest-path", MANIFEST, "--no-fail-fast"]);
    let result = libtest::run(test.env("TERMINATE_FIXTURE_ABORT", wine::path(&abort)), &mut tally);
    println!("{tally}");
    if tally.failed == 0 {
        result?;
    }
    Ok(Count::of(&tally))
}

fn run_tour(wine: &Wine<'_>) -> Result<Count> {
    let name = tour::NAME;
    let tour = wine.built(&["build", "--package", "terminate-std", "--example", name], name)?;
    let run = deadline::run(wine.command(&tour).args(["--json", "--on", "windows"]), LIMIT)?;
    let cases = tour::cases(&run.stdout)?;
    let bad: Vec<_> = cases.iter().filter(|case| !case.ok).map(ToString::to_string).collect();
    let passed = (cases.len() - bad.len()) as u64;
    Ok(Count { passed, failed: bad.len() as u64, skipped: 0, notes: bad })
}

fn fixture(wine: &Wine<'_>) -> Result<PathBuf> {
    wine.built(&["build", "--manifest-path", MANIFEST], FIXTURE)
}

/// Ctrl-C as a user types it, which goes through the console.
fn typed(wine: &Wine<'_>) -> Result<Count> {
    let fixture = fixture(wine)?;
    let mut count = Count::default();
    for case in &terminal::CASES {
        match terminal::run(wine, &fixture, case) {
            Ok(()) => count.passed += 1,
            Err(error) => {
                count.failed += 1;
                count.notes.push(format!("{}: {error:#}", case.scenario));
            }
        }
    }
    Ok(count)
}

fn storm(wine: &Wine<'_>, options: &Options) -> Result<Count> {
    let (rounds, seed) = (options.rounds.to_string(), options.seed.to_string());
    let build = wine.cargo(&["build", "--manifest-path", MANIFEST]);
    let storm = workspace::executable(&workspace::artifacts(build)?, "storm")?;
    let limit = LIMIT.saturating_mul(u32::try_from(options.rounds / 100).unwrap_or(u32::MAX).saturating_add(1));
    let run = deadline::run(wine.command(&storm).args(["--rounds", &rounds, "--seed", &seed]), limit)?;
    print!("{}", run.stdout);
    // wine itself writes there too.
    let bad: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("seed ")).map(str::to_owned).collect();
    ensure!(run.status.is_some_and(|status| status.success()) || !bad.is_empty(), "the storm did not end well");
    let failed = bad.len() as u64;
    Ok(Count { passed: options.rounds.saturating_sub(failed), failed, skipped: 0, notes: bad })
}
