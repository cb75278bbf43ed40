//! WASI: a program that ends in every way there is, run by node.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::compiler::Compiler;
use super::node;
use super::result::Count;
use crate::deadline;
use crate::workspace::{self, Workspace};

pub(crate) const MANIFEST: &str = "tests/wasi/Cargo.toml";
const PROGRAM: &str = "terminate-wasi";
const LIMIT: Duration = Duration::from_secs(60);
/// What node gives for a program that traps, as one does that has panicked.
const TRAPPED: i32 = 134;

/// Each end, with its code and the cause that hooks get.
const ENDS: [(&str, i32, &str); 6] = [
    ("return", 0, "exit"),
    ("exit", 7, "exit"),
    ("panic", TRAPPED, "panic"),
    ("terminate", 9, "exit"),
    ("request", 5, "exit"),
    ("exit-with-signal", 255, "exit"),
];

pub(super) fn ends(ws: &Workspace, compiler: &Compiler<'_>) -> Result<(Count, Result<()>)> {
    let build = compiler.cargo_of(&ws.root().join(MANIFEST), &["build", "--quiet", "--locked"])?;
    let program = workspace::built(build, PROGRAM)?;
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    for (end, code, cause) in ENDS {
        match judge(&program, end, code, cause) {
            Ok(()) => count.passed += 1,
            Err(error) => {
                count.failed += 1;
                wrong.push(format!("{end}: {error:#}"));
            }
        }
    }
    Ok((count, if wrong.is_empty() { Ok(()) } else { Err(anyhow::anyhow!("{}", wrong.join("; "))) }))
}

fn judge(program: &Path, end: &str, code: i32, cause: &str) -> Result<()> {
    let run = deadline::run(node::command(program).arg(end), LIMIT)?;
    let expected = format!("guard {cause}\nB {cause}\nA {cause}\n");
    ensure!(run.stdout == expected, "it printed {:?}, and {}", run.stdout, run.stderr);
    let ended = run.status.and_then(|status| status.code());
    ensure!(ended == Some(code), "it ended with {ended:?}");
    Ok(())
}
