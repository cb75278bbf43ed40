//! What each adds to a program that says hello: crates, time to compile them, bytes.
//!
//! Each program is a package of its own, so that only its own dependencies count.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use super::{Measure, quantile};
use crate::workspace::{self, Workspace};

/// How often each is compiled from nothing.
const ROUNDS: usize = 3;

/// Without features.
pub(super) const MOST_CRATES: u32 = 8;
pub(super) const MOST_BYTES: u32 = 100 * 1024;

struct Program {
    whose: &'static str,
    /// A file of `tests/examples`.
    example: &'static str,
    dependency: &'static str,
}

const ALONE: Program = Program { whose: "alone", example: "hello_alone", dependency: "" };

const OTHERS: [Program; 4] = [
    Program {
        whose: "terminate",
        example: "hello_terminate",
        dependency: "terminate-std = { path = \"{root}/terminate-std\" }",
    },
    Program { whose: "ctrlc", example: "hello_ctrlc", dependency: "ctrlc = \"3\"" },
    Program { whose: "signal-hook", example: "hello_signal_hook", dependency: "signal-hook = \"0.4\"" },
    Program {
        whose: "tokio, current thread",
        example: "hello_tokio",
        dependency: "tokio = { version = \"1\", features = [\"macros\", \"rt\", \"signal\", \"time\"] }",
    },
];

pub(super) fn measure(ws: &Workspace) -> Result<Vec<Measure>> {
    let alone = Package::write(ws, &ALONE)?.build(ws)?.bytes;
    let packages = OTHERS.iter().map(|program| Package::write(ws, program)).collect::<Result<Vec<_>>>()?;
    let mut built: Vec<Vec<Built>> = OTHERS.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (package, built) in packages.iter().zip(&mut built) {
            built.push(package.build(ws)?);
        }
    }
    let mut measures = Vec::new();
    for ((program, package), built) in OTHERS.iter().zip(&packages).zip(&built) {
        let bytes = built.first().context("a round")?.bytes;
        let added = bytes.checked_sub(alone).with_context(|| format!("{} is smaller than nothing", program.example))?;
        measures.push(of("binary", program, vec![u32::try_from(added).context("a size")?.into()]));
        measures.push(of("crates", program, vec![u32::try_from(package.crates(ws)?).context("a count")?.into()]));
        measures.push(of("compile", program, built.iter().map(|built| built.nanoseconds).collect()));
    }
    Ok(measures)
}

/// Demands the budgets that do not depend on the machine.
pub(crate) fn check(ws: &Workspace) -> Result<()> {
    let alone = Package::write(ws, &ALONE)?.build(ws)?.bytes;
    let package = Package::write(ws, &OTHERS[0])?;
    let (added, crates) = (package.build(ws)?.bytes - alone, package.crates(ws)?);
    println!("terminate-std adds {crates} crates and {added} bytes");
    ensure!(crates <= MOST_CRATES as usize, "that is more than {MOST_CRATES} crates");
    ensure!(added <= MOST_BYTES.into(), "that is more than {MOST_BYTES} bytes");
    Ok(())
}

fn of(what: &str, program: &Program, rounds: Vec<f64>) -> Measure {
    let middle = quantile(rounds.iter().copied(), 50);
    let spread = quantile(rounds.iter().map(|round| (round - middle).abs()), 50);
    Measure { what: what.to_owned(), whose: program.whose.to_owned(), number: None, median: middle, spread, rounds }
}

struct Package {
    directory: PathBuf,
    name: &'static str,
}

struct Built {
    bytes: u64,
    nanoseconds: f64,
}

impl Package {
    /// With the versions that the workspace has locked.
    fn write(ws: &Workspace, program: &Program) -> Result<Self> {
        let (root, name) = (ws.root(), program.example);
        let directory = ws.target("weight").join(name);
        fs::create_dir_all(directory.join("src"))?;
        fs::copy(root.join("tests/examples").join(format!("{name}.rs")), directory.join("src/main.rs"))?;
        fs::copy(root.join("Cargo.lock"), directory.join("Cargo.lock"))?;
        let dependency = program.dependency.replace("{root}", &root.display().to_string());
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[profile.release]\nstrip = true\n\n\
             [dependencies]\n{dependency}\n"
        );
        fs::write(directory.join("Cargo.toml"), manifest)?;
        Ok(Self { directory, name })
    }

    fn build(&self, ws: &Workspace) -> Result<Built> {
        let (manifest, target) = (self.directory.join("Cargo.toml"), self.directory.join("target"));
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let begin = Instant::now();
        let build = cmd!(ws.sh, "cargo build --quiet --release --manifest-path {manifest} --target-dir {target}");
        let made = workspace::artifacts(build.quiet())?;
        let elapsed = begin.elapsed();
        let bytes = fs::metadata(workspace::executable(&made, self.name)?)?.len();
        Ok(Built { bytes, nanoseconds: elapsed.as_secs_f64() * 1e9 })
    }

    /// How many crates it has beside itself.
    fn crates(&self, ws: &Workspace) -> Result<usize> {
        let manifest = self.directory.join("Cargo.toml");
        let tree =
            cmd!(ws.sh, "cargo tree --quiet --edges normal,build --prefix none --no-dedupe --manifest-path {manifest}");
        let tree = tree.quiet().read()?;
        let crates: BTreeSet<_> = tree.lines().filter(|line| !line.is_empty()).collect();
        Ok(crates.len() - 1)
    }
}
