//! The sweep: operations of the registry, interrupted before each of their instructions, judged here by terminate-fuzz.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use terminate_fuzz::step::registry::judge_dump;

use super::Row;
use super::program::{Programs, Start};
use super::target::{TARGETS, Target};
use super::toolchain::{Toolchain, With};
use super::trace;
use crate::table;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(240);
/// Bugs that an interrupt at the wrong instruction shows.
const SEEDS: [&str; 6] =
    ["publish_early", "claim_by_store", "ticket_late", "signals_late", "pop_by_store", "push_by_store"];

/// What came of the replays of one operation.
#[derive(Default)]
struct Tally {
    instructions: usize,
    violations: usize,
    first: Option<String>,
    /// Where the interrupts came that led to violations.
    at: BTreeSet<u32>,
}

/// Where the interrupts of one scenario came, in order.
pub(crate) struct Landings {
    pub(crate) name: String,
    pub(crate) at: Vec<u32>,
}

impl Landings {
    /// The operation and the state that it began in.
    pub(crate) fn subject(&self) -> &str {
        self.name.split_once(" / ").map_or(&self.name, |(subject, _)| subject)
    }
}

#[derive(Default)]
struct Swept {
    /// By operation, all states and interrupts together.
    tallies: BTreeMap<String, Tally>,
    landings: Vec<Landings>,
}

pub(crate) fn run(target: &Target, programs: &Programs) -> Result<Vec<Row>> {
    let Swept { tallies, landings } = sweep(target, programs, "all", &[])?;
    let row = |(operation, tally): (String, Tally)| Row {
        target: target.triple,
        scenario: format!("sweep: {operation}"),
        wrong: tally.first.clone().or_else(|| (tally.instructions == 0).then(|| "nothing was swept".to_owned())),
        swept: Some((tally.instructions, tally.violations)),
    };
    let mut rows: Vec<_> = tallies.into_iter().map(row).collect();
    rows.push(trace::run(target, programs, &landings)?);
    if target.nmi {
        rows.push(by_nmi(target, programs, &landings)?);
    }
    Ok(rows)
}

/// The same by the non-maskable interrupt, which is the watchdog's on this board. With compare-and-swap there is nothing to
/// find. Without, it is the documented limit: violations, all of them where other interrupts cannot come.
fn by_nmi(target: &Target, programs: &Programs, landings: &[Landings]) -> Result<Row> {
    const BOARD: &str = "mps2-an385";
    /// Of 40 ns a tick, as there.
    const SHIFT: u32 = 6;
    let board = Target { machine: &["-M", BOARD], shift: SHIFT, ..*target };
    let swept = sweep(&board, programs, "all", &["nmi"])?;
    let tallies = || swept.tallies.values();
    let violations = tallies().map(|tally| tally.violations).sum();
    let instructions = tallies().map(|tally| tally.instructions).sum();
    let unmasked: BTreeSet<u32> = landings.iter().flat_map(|landings| landings.at.iter().copied()).collect();
    let first = || tallies().find_map(|tally| tally.first.clone());
    let (scenario, wrong) = if target.critical_section {
        let elsewhere = tallies().flat_map(|tally| &tally.at).find(|at| unmasked.contains(at));
        let wrong = elsewhere.map(|at| format!("a violation outside of every critical section, before {at:#x}"));
        let none = || (violations == 0).then(|| "there is no limit any more: mend the docs".to_owned());
        ("sweep by NMI: the limit, inside critical sections", wrong.or_else(none))
    } else {
        ("sweep by NMI", first())
    };
    Ok(Row { target: target.triple, scenario: scenario.to_owned(), wrong, swept: Some((instructions, violations)) })
}

fn sweep(target: &Target, programs: &Programs, only: &str, more: &[&str]) -> Result<Swept> {
    let directory = tempfile::tempdir()?;
    let arguments = [&["out", only], more].concat();
    let start =
        Start { program: "sweep", arguments: &arguments, directory: directory.path(), counted: true, more: &[] };
    let run = programs.run(target, &start, LIMIT)?;
    ensure!(
        run.status.is_some_and(|status| status.success()),
        "{}: the sweep did not come to its end: {:?}\n{}{}",
        target.triple,
        run.status,
        run.stdout,
        run.stderr
    );
    judge(&fs::read(directory.path().join("out"))?).context("the file that the sweep wrote makes no sense")
}

/// Goes through what the firmware wrote: names of scenarios, each followed by its replays.
fn judge(mut bytes: &[u8]) -> Option<Swept> {
    const END: u8 = 0;
    const BEGIN: u8 = 1;
    let mut swept = Swept::default();
    // Most replays are like another one.
    let mut good = HashSet::new();
    loop {
        let (&[kind], rest) = bytes.split_first_chunk()?;
        match kind {
            END => return rest.is_empty().then_some(swept),
            BEGIN => {
                let (&[length], rest) = rest.split_first_chunk()?;
                let (name, rest) = rest.split_at_checked(length.into())?;
                swept.landings.push(Landings { name: String::from_utf8_lossy(name).into_owned(), at: Vec::new() });
                bytes = rest;
            }
            _ => {
                let (at, rest) = rest.split_first_chunk()?;
                let (length, rest) = rest.split_first_chunk()?;
                let (dump, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
                let landings = swept.landings.last_mut()?;
                let at = u32::from_le_bytes(*at);
                landings.at.push(at);
                let scenario = &landings.name;
                let operation = scenario.split_once(',')?.0;
                let tally = swept.tallies.entry(operation.to_owned()).or_default();
                tally.instructions += 1;
                if !good.contains(dump) {
                    match judge_dump(dump) {
                        Ok(()) => _ = good.insert(dump),
                        Err(what) => {
                            tally.violations += 1;
                            tally.at.insert(at);
                            tally.first.get_or_insert_with(|| format!("{scenario}, before {at:#x}: {what}"));
                        }
                    }
                }
                bytes = rest;
            }
        }
    }
}

/// Each bug is found, on the first target, and nothing without one.
pub(crate) fn self_test(ws: &Workspace, with: Option<With>) -> Result<()> {
    let target = &TARGETS[0];
    let toolchain = Toolchain::find(ws, target, with)?;
    let mut rows = Vec::new();
    let mut wrong = 0;
    for bug in [None].into_iter().chain(SEEDS.map(Some)) {
        let cfg = bug.map(|bug| format!("terminate_seed_bug=\"{bug}\""));
        let programs = Programs::build(ws, target, &toolchain, cfg.as_deref().as_slice())?;
        let violations: usize = match sweep(target, &programs, "fragmented", &[]) {
            Ok(swept) => swept.tallies.values().map(|tally| tally.violations).sum(),
            // A registry whose list is broken may well not come to its end.
            Err(_) if bug.is_some() => usize::MAX,
            Err(error) => return Err(error),
        };
        let as_it_must = (violations > 0) == bug.is_some();
        wrong += usize::from(!as_it_must);
        let found = if violations == usize::MAX { "hung or crashed".to_owned() } else { violations.to_string() };
        let judgement = if as_it_must { "as it must" } else { "WRONG" };
        rows.push([bug.unwrap_or("none").to_owned(), found, judgement.to_owned()]);
    }
    println!("\n{}", table::render(["bug", "violations", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::judge;

    /// A register that got a slot, with nothing after it: the hook is never called.
    const LOST: [u8; 16] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40];

    fn written(replays: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![1, 7];
        bytes.extend(b"a, b / ");
        for replay in replays {
            bytes.extend([2, 0x10, 0, 0, 0, replay.len().try_into().unwrap(), 0]);
            bytes.extend(*replay);
        }
        bytes.push(0);
        bytes
    }

    #[test]
    fn each_replay_is_an_instruction_and_a_bad_one_is_told_with_its_address() {
        let swept = judge(&written(&[&LOST, &LOST])).unwrap();
        assert_eq!(swept.landings[0].at, [0x10, 0x10]);
        let tally = &swept.tallies["a"];
        assert_eq!((tally.instructions, tally.violations), (2, 2));
        assert!(tally.first.as_ref().unwrap().starts_with("a, b / , before 0x10: "), "{:?}", tally.first);
    }

    #[test]
    fn a_file_without_its_end_is_refused() {
        let mut bytes = written(&[]);
        assert!(judge(&bytes).unwrap().tallies.is_empty());
        bytes.pop();
        assert!(judge(&bytes).is_none());
    }
}
