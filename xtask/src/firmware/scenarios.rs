//! The scenarios and the examples: each is run once, and has to say what tests/firmware/expected says, and to end so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::Row;
use super::program::{Programs, Start};
use super::target::Target;
use crate::deadline::Run;
use crate::workspace::Workspace;

const EXPECTED: &str = "tests/firmware/expected";
const LIMIT: Duration = Duration::from_secs(30);
/// What is expected of a program of its own; the others are scenarios of the program `scenarios`.
const EXAMPLES: [&str; 3] = ["brown_out", "motors_off", "power_off"];
/// Needs a non-maskable interrupt.
const NMI: &str = "nmi";

pub(crate) fn run(ws: &Workspace, target: &Target, programs: &Programs) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for path in expectations(&ws.root().join(EXPECTED))? {
        let scenario = path.file_stem().context("a file without a name")?.to_string_lossy().into_owned();
        if scenario == NMI
            && let Err(why) = target.nmi
        {
            rows.push(Row::none(target, scenario, why));
            continue;
        }
        let arguments = [scenario.as_str()];
        let (program, arguments): (_, &[_]) =
            if EXAMPLES.contains(&&*scenario) { (scenario.as_str(), &[]) } else { ("scenarios", &arguments) };
        let start = Start { program, arguments, directory: ws.root(), counted: false, more: &[] };
        let run = programs.run(target, &start, LIMIT)?;
        let wrong = compare(&said(&run), &fs::read_to_string(&path)?);
        rows.push(Row::new(target, scenario, wrong));
    }
    for name in EXAMPLES.iter().chain(&[NMI]) {
        ensure!(rows.iter().any(|row| row.scenario == *name), "{EXPECTED} has nothing about {name}");
    }
    Ok(rows)
}

fn expectations(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// All that the program said, and how it ended.
fn said(run: &Run) -> String {
    let end = match run.status.map(|status| status.code()) {
        None => "ran into the deadline".to_owned(),
        Some(None) => "the emulator was killed".to_owned(),
        Some(Some(code)) => format!("exit {code}"),
    };
    format!("{}{}{end}\n", run.stdout, run.stderr)
}

fn compare(said: &str, expected: &str) -> Option<String> {
    (said != expected).then(|| format!("expected:\n{expected}but it said:\n{said}"))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn every_word_counts() {
        assert_eq!(compare("ran 1\nexit 0\n", "ran 1\nexit 0\n"), None);
        assert!(compare("ran 1\nexit 1\n", "ran 1\nexit 0\n").is_some());
        assert!(compare("exit 0\n", "ran 1\nexit 0\n").is_some());
    }
}
