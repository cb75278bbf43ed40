//! The sweep: operations of the registry, interrupted before each of their instructions, judged here by terminate-fuzz.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use terminate_fuzz::step::registry::judge_dump;

use super::landings::{How, Landings};
use super::program::{Programs, Start};
use super::target::{TARGETS, Target};
use super::toolchain::{Toolchain, With};
use super::trace;
use super::{Count, Row};
use crate::seeds::scratch::Scratch;
use crate::table;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(240);
/// What came of the replays of one operation.
#[derive(Default)]
struct Tally {
    instructions: usize,
    violations: usize,
    first: Option<String>,
    /// Where the interrupts came that led to violations.
    at: BTreeSet<u32>,
}

#[derive(Default)]
struct Swept {
    /// By operation, all states and interrupts together.
    tallies: BTreeMap<String, Tally>,
    landings: Vec<Landings>,
}

impl Swept {
    fn count(&self, of: Option<usize>) -> Count {
        let sum = |of: fn(&Tally) -> usize| self.tallies.values().map(of).sum();
        Count { judged: sum(|tally| tally.instructions), of, violations: sum(|tally| tally.violations) }
    }

    /// The first violation.
    fn first(&self) -> Option<String> {
        self.tallies.values().find_map(|tally| tally.first.clone())
    }
}

const USUAL: How = How { by: "timer", registry: "few" };
const LIST: How = How { registry: "list", ..USUAL };
const NMI: How = How { by: "nmi", ..USUAL };
/// One build of the self-test.
struct Seed {
    bug: Option<&'static str>,
    cfg: Option<&'static str>,
    how: How,
    only: &'static str,
}

impl Seed {
    const fn new(bug: Option<&'static str>) -> Self {
        Self { bug, cfg: None, how: USUAL, only: "fragmented" }
    }

    const fn list(self) -> Self {
        Self { how: LIST, ..self }
    }

    const fn wrapping(self) -> Self {
        Self { cfg: Some(WRAP), only: "full", ..self }
    }
}

/// Bugs that an interrupt at the wrong instruction shows; then one that only a list can have, and one that only the wrap
/// shows.
const SEEDS: [Seed; 11] = [
    Seed::new(None),
    Seed::new(Some("publish_early")),
    Seed::new(Some("claim_by_store")),
    Seed::new(Some("ticket_late")),
    Seed::new(Some("signals_late")),
    Seed::new(Some("pop_by_store")),
    Seed::new(Some("push_by_store")),
    Seed::new(None).list(),
    Seed::new(Some("believe_the_list")).list(),
    Seed::new(None).wrapping(),
    Seed::new(Some("order_by_number")).wrapping(),
];
/// The bugs that the self-test builds in.
pub(crate) fn seeds() -> impl Iterator<Item = &'static str> {
    SEEDS.into_iter().filter_map(|seed| seed.bug)
}

/// Makes the tickets wrap within a few registrations.
const WRAP: &str = "terminate_small_counter";

/// Without a list, by the timer and by NMI.
pub(crate) fn usual(target: &Target, programs: &Programs) -> Result<Vec<Row>> {
    let swept = sweep(target, programs, USUAL, "all")?;
    let row = |(operation, tally): (&String, &Tally)| {
        let count = Count { judged: tally.instructions, of: None, violations: tally.violations };
        Row::swept(target, format!("sweep: {operation}"), tally.first.clone(), count)
    };
    let mut rows: Vec<_> = swept.tallies.iter().map(row).collect();
    let traced = trace::run(target, programs, USUAL, &swept.landings, target.masked)?;
    let scenario = if target.critical_section {
        format!("sweep against a trace; masked: at most {}", traced.longest)
    } else {
        "sweep against a trace".to_owned()
    };
    rows.push(Row::swept(target, scenario, traced.wrong, swept.count(traced.boundaries)));
    rows.push(by_nmi(target, programs, &swept.landings)?);
    Ok(rows)
}

/// A sweep of its own, and its comparison with a trace, in one row.
pub(crate) struct Whole {
    scenario: &'static str,
    how: How,
    cfgs: &'static [&'static str],
}

pub(crate) const WHOLES: [Whole; 3] = [
    Whole { scenario: "sweep of a registry with a list", how: LIST, cfgs: &[] },
    Whole { scenario: "sweep with tickets that wrap", how: USUAL, cfgs: &[WRAP] },
    Whole { scenario: "sweep of a list with tickets that wrap", how: LIST, cfgs: &[WRAP] },
];

impl Whole {
    pub(crate) fn run(&self, ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<Row> {
        let programs = Programs::build_sweep(ws, target, toolchain, self.cfgs)?;
        let swept = sweep(target, &programs, self.how, "all")?;
        let traced = trace::run(target, &programs, self.how, &swept.landings, target.masked)?;
        Ok(Row::swept(target, self.scenario, swept.first().or(traced.wrong), swept.count(traced.boundaries)))
    }
}

/// The same by the non-maskable interrupt, which is the watchdog's on this board. With compare-and-swap there is nothing to
/// find. Without, it is the documented limit: violations, all of them where other interrupts cannot come.
fn by_nmi(target: &Target, programs: &Programs, landings: &[Landings]) -> Result<Row> {
    const SHIFT: u32 = 6;
    let machine = match target.nmi {
        Ok(machine) => machine,
        Err(why) => return Ok(Row::none(target, "sweep by NMI", why)),
    };
    let board = Target { machine, shift: SHIFT, ..*target };
    let swept = sweep(&board, programs, NMI, "all")?;
    // Nothing masks it, so it comes everywhere.
    let traced = trace::run(&board, programs, NMI, &swept.landings, 0)?;
    let count = swept.count(traced.boundaries);
    let unmasked: BTreeSet<u32> = landings.iter().flat_map(|landings| landings.at.iter().copied()).collect();
    let (scenario, wrong) = if target.critical_section {
        let elsewhere = swept.tallies.values().flat_map(|tally| &tally.at).find(|at| unmasked.contains(at));
        let wrong = elsewhere.map(|at| format!("a violation outside of every critical section, before {at:#x}"));
        let none = || (count.violations == 0).then(|| "there is no limit any more: mend the docs".to_owned());
        ("sweep by NMI: the limit, inside critical sections", wrong.or_else(none))
    } else {
        ("sweep by NMI", swept.first())
    };
    Ok(Row::swept(target, scenario, wrong.or(traced.wrong), count))
}

fn sweep(target: &Target, programs: &Programs, how: How, only: &str) -> Result<Swept> {
    let directory = tempfile::tempdir()?;
    let arguments = ["out", only, how.by, how.registry];
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
    /// The interrupt came where the firmware could not note what it did.
    const NOT_JUDGED: u8 = 3;
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
            NOT_JUDGED => {
                let (at, rest) = rest.split_first_chunk()?;
                swept.landings.last_mut()?.at.push(u32::from_le_bytes(*at));
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
    let mut scratch = Scratch::new(ws, "firmware")?;
    for Seed { bug, cfg, how, only } in SEEDS {
        scratch.plant(bug)?;
        let programs = Programs::build_sweep(scratch.workspace(), target, &toolchain, cfg.as_slice())?;
        let violations = match sweep(target, &programs, how, only) {
            Ok(swept) => Some(swept.count(None).violations),
            // A registry whose list is broken may well not come to its end.
            Err(_) if bug.is_some() => None,
            Err(error) => return Err(error),
        };
        let as_it_must = (violations != Some(0)) == bug.is_some();
        wrong += usize::from(!as_it_must);
        let found = violations.map_or_else(|| "hung or crashed".to_owned(), |violations| violations.to_string());
        let judgement = if as_it_must { "as it must" } else { "WRONG" };
        let cells = [bug.unwrap_or("none"), how.registry, cfg.unwrap_or_default(), &found, judgement];
        rows.push(cells.map(str::to_owned));
    }
    println!("\n{}", table::render(["bug", "registry", "cfg", "violations", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::judge;

    /// A register that got a slot, with nothing after it: the hook is never called.
    const LOST: [u8; 16] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40];

    #[test]
    fn where_the_firmware_could_not_note_is_a_landing_and_no_verdict() {
        let mut bytes = written(&[]);
        bytes.truncate(bytes.len() - 1);
        bytes.extend([3, 0x20, 0, 0, 0, 0]);
        let swept = judge(&bytes).unwrap();
        assert_eq!(swept.landings[0].at, [0x20]);
        assert!(swept.tallies.is_empty());
    }

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
