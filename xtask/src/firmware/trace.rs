//! Whether the sweep has passed no boundary over: its landings, compared with the emulator's own trace of the same
//! operation when nothing interrupts it.
//!
//! Where there is compare-and-swap the two must be equal, instruction by instruction. Where there is none, the landings lack
//! what is masked, and no such stretch may be longer than the docs say.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSymbol};

use super::landings::{How, Landings};
use super::program::{Programs, Start};
use super::target::Target;

const LIMIT: Duration = Duration::from_secs(120);
/// The first landing is inside the function that opens the window; this is more than it has instructions.
const OPENING: usize = 16;
/// More than any critical section of the core has, `acquire` and `release` included.
const LONGEST_MASKED: usize = 40;

/// The addresses between which an operation is swept.
struct Window {
    opens: u32,
    closes: u32,
}

/// What the trace tells of a sweep.
pub(crate) struct Traced {
    /// How many boundaries there are, those that were missed included; nothing if landings and trace are of different ways.
    pub(crate) boundaries: Option<usize>,
    /// The most in a row that were missed.
    pub(crate) longest: usize,
    pub(crate) wrong: Option<String>,
}

/// At most `allowed` boundaries in a row may be missed.
pub(crate) fn run(
    target: &Target,
    programs: &Programs,
    how: How,
    landings: &[Landings],
    allowed: usize,
) -> Result<Traced> {
    let directory = tempfile::tempdir()?;
    let log = directory.path().join("trace");
    let start = Start {
        program: "sweep",
        arguments: &["trace", "all", how.by, how.registry],
        directory: directory.path(),
        counted: true,
        more: &[one_at_a_time(target.emulator)?, &["-d", "exec,nochain", "-D", "trace"]].concat(),
    };
    let run = programs.run(target, &start, LIMIT)?;
    ensure!(run.status.is_some_and(|status| status.success()), "the trace: {:?}\n{}", run.status, run.stdout);
    let window = window(programs)?;
    let traces = split(&fs::read_to_string(&log)?, &window);

    let mut operations: Vec<&str> = landings.iter().map(Landings::subject).collect();
    operations.dedup();
    ensure!(operations.len() == traces.len(), "{} operations were swept, {} traced", operations.len(), traces.len());
    let mut told = Traced { boundaries: Some(0), longest: 0, wrong: None };
    for swept in landings {
        let trace =
            operations.iter().position(|operation| *operation == swept.subject()).map_or(&[][..], |at| &traces[at]);
        match gaps(&swept.at, trace, window.closes) {
            Ok(Gaps { longest, all }) => {
                told.boundaries = told.boundaries.map(|sum| sum + swept.at.len() + all);
                told.longest = told.longest.max(longest);
                if longest > allowed {
                    let what = format!("{}: {longest} boundaries in a row were missed, not {allowed}", swept.name);
                    told.wrong.get_or_insert(what);
                }
            }
            Err(what) => {
                told.boundaries = None;
                told.wrong.get_or_insert(format!("{}: {what}", swept.name));
            }
        }
    }
    Ok(told)
}

/// How the emulator is told to trace every instruction by itself.
fn one_at_a_time(emulator: &str) -> Result<&'static [&'static str]> {
    let output = Command::new(emulator).arg("--version").output()?;
    let version = version(&String::from_utf8_lossy(&output.stdout)).context("the emulator has no version")?;
    Ok(if version >= (8, 1) { &["-accel", "tcg,one-insn-per-tb=on"] } else { &["-singlestep"] })
}

/// Of `QEMU emulator version 7.2.22 (…)`, 7 and 2.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_once("version ")?.1.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn window(programs: &Programs) -> Result<Window> {
    let bytes = fs::read(programs.path("sweep")?)?;
    let file = object::File::parse(&*bytes)?;
    let address = |name: &str| {
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name)).with_context(|| format!("no {name}"))?;
        // On Arm, the lowest bit of a function's address says "Thumb".
        anyhow::Ok(u32::try_from(symbol.address())? & !1)
    };
    Ok(Window { opens: address("terminate_window_opens")?, closes: address("terminate_window_closes")? })
}

/// The addresses of the instructions of each operation, from the opening of its window to some way behind its end.
fn split(log: &str, window: &Window) -> Vec<Vec<u32>> {
    let mut traces: Vec<Vec<u32>> = Vec::new();
    let mut behind = usize::MAX;
    for at in log.lines().filter_map(address) {
        if at == window.opens && behind != 0 {
            traces.push(Vec::new());
            behind = 0;
        }
        if behind < OPENING
            && let Some(trace) = traces.last_mut()
            // The emulator names a block again when it was put off.
            && trace.last() != Some(&at)
        {
            behind += usize::from(behind > 0 || at == window.closes);
            trace.push(at);
        }
    }
    traces
}

/// `Trace 0: 0x7fb45c000240 [00800400/00002d1c/00000110/ff020201] function`: the second number in brackets.
fn address(line: &str) -> Option<u32> {
    let numbers = line.strip_prefix("Trace ")?.split_once('[')?.1;
    u32::from_str_radix(numbers.split('/').nth(1)?, 16).ok()
}

/// Boundaries that the trace has and the landings have not.
#[derive(Default, PartialEq, Eq, Debug)]
struct Gaps {
    /// The most in a row.
    longest: usize,
    all: usize,
}

fn gaps(landings: &[u32], trace: &[u32], closes: u32) -> Result<Gaps, String> {
    let first = *landings.first().ok_or("nothing was interrupted")?;
    let mut at = trace.iter().take(OPENING).position(|at| *at == first).ok_or("the first landing is late")?;
    let mut gaps = Gaps::default();
    for landing in &landings[1..] {
        let next = trace[at + 1..].iter().take(LONGEST_MASKED + 1).position(|at| at == landing);
        let gap = next.ok_or_else(|| format!("{landing:#x} is not where the trace goes on"))?;
        gaps.longest = gaps.longest.max(gap);
        gaps.all += gap;
        at += gap + 1;
    }
    if trace[..=at].contains(&closes) { Ok(gaps) } else { Err("the last landing is early".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::{Gaps, Window, gaps, split, version};

    #[test]
    fn the_emulators_version_is_read() {
        assert_eq!(version("QEMU emulator version 7.2.22 (Debian 1:7.2)\n"), Some((7, 2)));
        assert_eq!(version("QEMU emulator version 10.0\n"), Some((10, 0)));
        assert_eq!(version("something else"), None);
    }

    #[test]
    fn a_trace_is_cut_at_the_windows() {
        let line = |at: u32| format!("Trace 0: 0x7f [0080/{at:08x}/0110/ff] f\n");
        let log: String = [1, 16, 16, 17, 17, 18, 32, 33, 2, 16, 32].map(line).concat();
        let traces = split(&log, &Window { opens: 16, closes: 32 });
        assert_eq!(traces, [vec![16, 17, 18, 32, 33, 2], vec![16, 32]]);
    }

    #[test]
    fn a_boundary_that_was_missed_is_a_gap() {
        let trace = [10, 11, 12, 13, 14, 15];
        assert_eq!(gaps(&[11, 12, 13, 14], &trace, 14), Ok(Gaps::default()));
        assert_eq!(gaps(&[11, 14], &trace, 14), Ok(Gaps { longest: 2, all: 2 }));
        assert_eq!(gaps(&[10, 12, 14], &trace, 14), Ok(Gaps { longest: 1, all: 2 }));
        gaps(&[11, 12], &trace, 14).unwrap_err();
        gaps(&[11, 99, 14], &trace, 14).unwrap_err();
        gaps(&[], &trace, 14).unwrap_err();
    }
}
