//! What is forbidden is built into a small program, one thing at a time, and has to be found; the program without it has
//! to pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::allowed::{Allowed, Lists};
use super::judge::{Verdict, Wrong};
use super::names::Forbidden;
use super::{MANGLING, audit, audit_firmware, subject};
use crate::setup::rustup_has;
use crate::table;
use crate::workspace::Workspace;

const FIXTURE: &str = "xtask/fixtures/handler.rs";
const ROOTS: [&str; 2] = ["handler", "handler::policy"];
const INDIRECT: [Allowed; 2] = [
    Allowed { name: "handler::previous", reason: "as in the adapter" },
    Allowed { name: "handler::carry_out", reason: "as in the adapter" },
];

const SEEDS: [(&str, Wrong); 14] = [
    ("allocator", Wrong::Forbidden(Forbidden::Allocator)),
    ("lock", Wrong::Forbidden(Forbidden::Lock)),
    ("panic", Wrong::Forbidden(Forbidden::Panic)),
    ("formatting", Wrong::Forbidden(Forbidden::Formatting)),
    ("unwinding", Wrong::Forbidden(Forbidden::Unwinding)),
    ("thread_local", Wrong::Forbidden(Forbidden::ThreadLocal)),
    ("unlisted_library", Wrong::UnlistedLibrary),
    ("unlisted_indirect", Wrong::UnlistedIndirect),
    ("unlisted_system_call", Wrong::UnlistedSystemCall),
    ("unknown_system_call", Wrong::UnlistedSystemCall),
    ("trap", Wrong::Trap),
    ("behind_a_table", Wrong::Forbidden(Forbidden::Formatting)),
    ("in_policy", Wrong::Forbidden(Forbidden::Allocator)),
    ("behind_an_action", Wrong::Forbidden(Forbidden::Formatting)),
];

/// The same, in firmware.
const FIRMWARE_SEEDS: [(&str, Wrong); 4] = [
    ("panic", Wrong::Forbidden(Forbidden::Panic)),
    ("formatting", Wrong::Forbidden(Forbidden::Formatting)),
    ("unlisted_indirect", Wrong::UnlistedIndirect),
    ("trap", Wrong::Trap),
];

/// What the program without a seed reaches, whichever way: by a table, by an address in a register, by a plain call, by an
/// address in an action.
const LIBRARIES: [&str; 4] = ["_exit", "getpid", "sigismember", "syscall"];
const FUNCTIONS: [&str; 11] =
    ["carry_out", "choose", "count", "end", "first", "give_up", "loop_over", "next", "previous", "second", "third"];

/// How to compile for the other processor whose code is read.
const ARM: [&str; 2] = ["--target=aarch64-unknown-linux-gnu", "-Clinker=aarch64-linux-gnu-gcc"];

pub(super) fn run(ws: &Workspace) -> Result<()> {
    let mut rows = Vec::new();
    let mut wrong = 0;
    let mut note = |seed: &str, found: String, right: bool| {
        wrong += usize::from(!right);
        rows.push([seed.to_owned(), found, if right { "as it must" } else { "WRONG" }.to_owned()]);
    };
    let mut processors = vec![("", &[][..])];
    if rustup_has(ws, subject::ARM) {
        processors.push(("aarch64: ", &ARM[..]));
    }
    for (processor, arguments) in &processors {
        let sound = verdict(ws, None, arguments)?;
        for finding in &sound.findings {
            println!("\nnone: {finding}");
        }
        note(&format!("{processor}none"), kinds(&sound), sound.findings.is_empty() && reaches_all(&sound));
        for (seed, expected) in SEEDS {
            let verdict = verdict(ws, Some(seed), arguments)?;
            note(&format!("{processor}{seed}"), kinds(&verdict), has(&verdict, seed, &expected));
        }
    }
    let route = subject::firmware_route(ws)?;
    for (seed, expected) in FIRMWARE_SEEDS {
        let verdict = audit_firmware(&subject::firmware(ws, route, Some(seed))?)?;
        note(&format!("firmware: {seed}"), kinds(&verdict), has(&verdict, seed, &expected));
    }
    println!("\n{}", table::render(["seed", "found", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    let violations = SEEDS.len() * processors.len() + FIRMWARE_SEEDS.len();
    println!("{violations} violations, each found in the program that has it");
    if processors.len() == 1 {
        println!(
            "SKIPPED: those of aarch64, for which rustup has no standard library: `rustup target add {}`",
            subject::ARM
        );
    }
    Ok(())
}

/// Whether it was found, and where.
fn has(verdict: &Verdict, seed: &str, expected: &Wrong) -> bool {
    let first = verdict.findings.iter().find(|finding| finding.wrong == *expected);
    println!("\n{seed}: {}", first.map_or_else(|| "not found".to_owned(), ToString::to_string));
    first.is_some()
}

fn kinds(verdict: &Verdict) -> String {
    let mut kinds: Vec<_> = verdict.findings.iter().map(|finding| &finding.wrong).collect();
    kinds.sort();
    kinds.dedup();
    if kinds.is_empty() {
        "nothing".to_owned()
    } else {
        kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn reaches_all(verdict: &Verdict) -> bool {
    let reached = |name: &str| verdict.others.contains(&format!("handler::{name}"));
    let behind_the_end = reached("unreachable_here");
    verdict.libraries.keys().eq(LIBRARIES.iter()) && FUNCTIONS.iter().all(|name| reached(name)) && !behind_the_end
}

fn verdict(ws: &Workspace, seed: Option<&str>, arguments: &[&str]) -> Result<Verdict> {
    let program = build(&ws.root().join(FIXTURE), &ws.target("audit").join("self-test"), seed, arguments)?;
    audit(&program, &ROOTS, Lists { indirect: &INDIRECT, ..Lists::default() })
}

fn build(source: &Path, target: &Path, seed: Option<&str>, arguments: &[&str]) -> Result<PathBuf> {
    fs::create_dir_all(target)?;
    let program = target.join(seed.unwrap_or("sound"));
    let mut rustc = Command::new("rustc");
    rustc.args(arguments).args([
        "--edition=2024",
        "--crate-name=handler",
        "-Copt-level=3",
        "-Cdebuginfo=2",
        "-Ccodegen-units=1",
        MANGLING,
    ]);
    if let Some(seed) = seed {
        rustc.arg("--cfg").arg(format!("terminate_violation=\"{seed}\""));
    }
    rustc.args(["--check-cfg", "cfg(terminate_violation, values(any()))", "-Adead_code"]);
    let status = rustc.arg("-o").arg(&program).arg(source).status()?;
    ensure!(status.success(), "{} does not compile ({status})", source.display());
    Ok(program)
}
