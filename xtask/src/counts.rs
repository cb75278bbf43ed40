//! `cargo xtask counts`: how many instructions the core and the handler take, beside their peers, counted by callgrind.
//!
//! Unlike times, counts are the same each time, so ours are compared with those in the page, as long as the compiler is the
//! one that it names. What is counted is in `benches/core/counts.rs`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use rayon::prelude::*;
use xshell::cmd;

use crate::deadline;
use crate::workspace::{self, Workspace};

const PAGE: &str = "docs/instructions.md";
/// Of a hundred: what may come from where the linker puts things, and not from the code.
const TOLERANCE: f64 = 2.0;
const BEGIN: &str = "<!-- counts -->\n";
const END: &str = "<!-- end -->\n";
/// For one count.
const LIMIT: Duration = Duration::from_secs(120);
/// Ours and another's, and how many of theirs ours may be at the most, whatever the compiler.
const BUDGETS: [(&str, &str, f64); 3] = [
    ("pair/terminate-core, empty", "pair/signal-hook-registry", 0.1),
    ("pair/terminate-core, empty", "pair/libc atexit, registering alone", 3.0),
    ("run/terminate-core/1024", "run/terminate-core/64", 24.0),
];

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Writes the counts into docs/instructions.md, instead of comparing them with it
    #[arg(long)]
    write: bool,
    /// Only the names that contain this, and no comparison
    #[arg(long)]
    only: Option<String>,
}

/// A name, and its instructions.
type Count = (String, u64);

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let valgrind = cmd!(ws.sh, "valgrind --version").read().context("callgrind is part of valgrind: install that")?;
    let built =
        workspace::artifacts(cmd!(ws.sh, "cargo bench --quiet --package terminate-benches --bench core --no-run"))?;
    let program = workspace::executable(&built, "core")?;
    let names = cmd!(ws.sh, "{program} count").quiet().read()?;
    let wanted = |name: &&str| options.only.as_ref().is_none_or(|only| name.contains(only));
    let names: Vec<_> = names.lines().filter(wanted).collect();
    // As many at once as there are processors: instructions do not depend on the load.
    let counts = names.par_iter().map(|name| Ok(((*name).to_owned(), count(&program, name)?)));
    let counts: Vec<Count> = counts.collect::<Result<_>>()?;
    print!("{}", table(&counts));
    if options.only.is_some() {
        return Ok(());
    }
    let mut complaints = over_budget(&counts);
    let path = ws.root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("no {PAGE}"))?;
    let compiler = cmd!(ws.sh, "rustc --version").read()?;
    if options.write {
        let text = format!("By {compiler}, {valgrind}.\n\n{}", table(&counts));
        fs::write(path, replaced(&page, &text).with_context(|| format!("no marks in {PAGE}"))?)?;
    } else if page.contains(&compiler) {
        complaints.extend(told_otherwise(&page, &counts));
    } else {
        println!("{PAGE} has the counts of another compiler than {compiler}: not compared");
    }
    ensure!(complaints.is_empty(), "{} complaints\n  {}", complaints.len(), complaints.join("\n  "));
    Ok(())
}

/// The instructions of one name, in a process of its own.
fn count(program: &Path, name: &str) -> Result<u64> {
    let file = tempfile::NamedTempFile::new()?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=terminate_measured"]);
    valgrind.arg(format!("--callgrind-out-file={}", file.path().display())).arg(program).args(["count", name]);
    // Some end by a signal.
    let run = deadline::run(&mut valgrind, LIMIT)?;
    parse(&run.stderr).with_context(|| format!("{name}: callgrind has counted nothing\n{}", run.stderr))
}

fn parse(output: &str) -> Option<u64> {
    let line = output.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok().filter(|count| *count > 0)
}

fn table(counts: &[Count]) -> String {
    let mut text = "| what | instructions |\n| --- | --- |\n".to_owned();
    for (name, count) in counts {
        let _ = writeln!(text, "| {name} | {count} |");
    }
    text
}

fn replaced(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, text, END, after].concat())
}

/// Ours that differ from the page.
fn told_otherwise(page: &str, counts: &[Count]) -> Vec<String> {
    let told =
        |name: &str| page.lines().find_map(|line| line.strip_prefix(&format!("| {name} | "))?.strip_suffix(" |"));
    let mut complaints = Vec::new();
    for (name, count) in counts.iter().filter(|(name, _)| name.contains("/terminate-")) {
        match told(name).and_then(|told| told.parse::<u64>().ok()) {
            Some(told) if near(told, *count) => {}
            Some(told) => complaints.push(format!("{name}: {count} instructions, {PAGE} says {told}")),
            None => complaints.push(format!("{name}: {count} instructions, not in {PAGE}")),
        }
    }
    complaints
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred thousand at the most")]
fn near(told: u64, count: u64) -> bool {
    told.abs_diff(count) as f64 <= (told as f64 * TOLERANCE / 100.0).max(2.0)
}

#[expect(clippy::cast_precision_loss, reason = "as above")]
fn over_budget(counts: &[Count]) -> Vec<String> {
    let of = |wanted: &str| counts.iter().find(|(name, _)| name == wanted).map(|(_, count)| *count as f64);
    let mut complaints = Vec::new();
    for (ours, theirs, times) in BUDGETS {
        match of(ours).zip(of(theirs)) {
            Some((ours, theirs)) if ours <= theirs * times => {}
            found => complaints.push(format!("{ours} against {theirs}, at most {times} times: {found:?}")),
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callgrind_says_is_read_and_nothing_is_no_count() {
        assert_eq!(parse("==1== \n==1== Collected : 1234\n"), Some(1234));
        assert_eq!(parse("==1== Collected : 0\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_count_that_is_not_the_pages_is_a_complaint_if_it_is_ours() {
        let page = "| pair/terminate-core | 100 |\n| pair/other | 100 |\n";
        let complaints = |name: &str, count| told_otherwise(page, &[(name.to_owned(), count)]).len();
        assert_eq!([98, 100, 102].map(|count| complaints("pair/terminate-core", count)), [0; 3]);
        assert_eq!([97, 103].map(|count| complaints("pair/terminate-core", count)), [1; 2]);
        assert_eq!((complaints("pair/terminate-new", 100), complaints("pair/other", 200)), (1, 0));
    }

    #[test]
    fn a_budget_that_is_not_measured_is_not_kept() {
        assert_eq!(over_budget(&[]).len(), BUDGETS.len());
        let count = |name: &str, count| (name.to_owned(), count);
        let all = |ours| {
            [
                count("pair/terminate-core, empty", ours),
                count("pair/signal-hook-registry", 1000),
                count("pair/libc atexit, registering alone", 100),
                count("run/terminate-core/1024", 240),
                count("run/terminate-core/64", 10),
            ]
        };
        assert_eq!((over_budget(&all(100)).len(), over_budget(&all(101)).len()), (0, 1));
    }
}
