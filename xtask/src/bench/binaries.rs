//! What each adds to the size of a stripped program that says hello.

use std::fs;

use anyhow::{Context, Result};
use xshell::cmd;

use super::Measure;
use crate::workspace::{self, Workspace};

const ALONE: &str = "hello_alone";
const OTHERS: [(&str, &str); 4] = [
    ("terminate", "hello_terminate"),
    ("ctrlc", "hello_ctrlc"),
    ("signal-hook", "hello_signal_hook"),
    ("tokio, current thread", "hello_tokio"),
];

pub(super) fn measure(ws: &Workspace) -> Result<Vec<Measure>> {
    let examples = OTHERS.iter().map(|(_, example)| *example).chain([ALONE]).map(|name| format!("--example={name}"));
    let target = ws.target("bench-binaries");
    let build =
        cmd!(ws.sh, "cargo build --quiet --release --package terminate-tests {examples...} --target-dir {target}");
    let made = workspace::artifacts(build.env("CARGO_PROFILE_RELEASE_STRIP", "true"))?;
    let size = |name: &str| -> Result<u64> { Ok(fs::metadata(workspace::executable(&made, name)?)?.len()) };
    let alone = size(ALONE)?;
    let added = |(whose, example): &(&str, &str)| {
        let added = size(example)?.checked_sub(alone).with_context(|| format!("{example} is smaller than nothing"))?;
        Ok(Measure {
            what: "binary".to_owned(),
            whose: (*whose).to_owned(),
            number: None,
            median: u32::try_from(added).context("a size")?.into(),
            spread: 0.0,
            rounds: Vec::new(),
        })
    };
    OTHERS.iter().map(added).collect()
}
