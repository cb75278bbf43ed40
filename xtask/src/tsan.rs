//! `cargo xtask tsan`: the core's thread tests under `ThreadSanitizer`, and proof that it sees races that are built in.
//!
//! The standard library must be instrumented too, or its own synchronisation looks like races, so it is built from source:
//! with a nightly that has `rust-src`, or else with Debian's `rustc-web`, `cargo-web` and `rust-web-src`, which lack the
//! sanitizer's runtime; that of rustup's stable toolchain does, linked to where they look for it.

use std::env;
use std::path::Path;

use anyhow::{Result, ensure};
use clap::Args;
use xshell::{Cmd, cmd};

use crate::libtest::{self, Tally};
use crate::seeds::scratch::Scratch;
use crate::table;
use crate::workspace::Workspace;

/// Missing orderings, and a hook that two may own: races of data, which is what this tells from what is only wrong.
pub(crate) const SEEDS: [&str; 3] = ["publish_relaxed", "claim_by_store", "publish_early"];
/// Debian's own.
const DEBIAN: &str = "/usr/bin";
const RUNTIME: &str = "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib/librustc-stable_rt.tsan.a";
const RACE: &str = "WARNING: ThreadSanitizer: data race";

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Builds bugs into the core, and demands that a race is reported for each
    #[arg(long)]
    self_test: bool,
}

enum Toolchain {
    /// rustup's nightly.
    Nightly,
    Debian,
}

pub(crate) fn run(ws: &Workspace, options: &Options, tally: &mut Tally) -> Result<()> {
    let toolchain = toolchain(ws)?;
    if options.self_test {
        return self_test(ws, &toolchain);
    }
    libtest::run(test(ws, &toolchain), tally)
}

fn toolchain(ws: &Workspace) -> Result<Toolchain> {
    let has_source = |sysroot: &Path| sysroot.join("lib/rustlib/src/rust/library/std").exists();
    let nightly = cmd!(ws.sh, "rustc +nightly --print sysroot").ignore_stderr().quiet().read();
    if nightly.is_ok_and(|sysroot| has_source(Path::new(&sysroot))) {
        return Ok(Toolchain::Nightly);
    }
    ensure!(
        Path::new(DEBIAN).join("cargo").exists() && has_source(Path::new("/usr")) && Path::new(RUNTIME).exists(),
        "the thread sanitizer needs the source of the standard library: `rustup component add rust-src --toolchain \
         nightly`; or on Debian `apt-get install --no-install-recommends rustc-web cargo-web rust-web-src`, and `ln -s` \
         from {RUNTIME} to the file of that name in rustup's stable toolchain"
    );
    Ok(Toolchain::Debian)
}

/// The command, but for what is built in.
fn test<'a>(ws: &'a Workspace, toolchain: &Toolchain) -> Cmd<'a> {
    let target = ws.target("tsan");
    let test = match toolchain {
        Toolchain::Nightly => cmd!(ws.sh, "cargo +nightly test"),
        Toolchain::Debian => {
            // Its cargo calls the first rustc that it finds. It may use what is unstable.
            let path = format!("{DEBIAN}:{}", env::var("PATH").unwrap_or_default());
            let test = cmd!(ws.sh, "/usr/bin/cargo test").env("PATH", path).env("RUSTC_BOOTSTRAP", "1");
            ["RUSTC", "RUSTDOC", "CARGO"].into_iter().fold(test, Cmd::env_remove)
        }
    };
    test.args(["--locked", "--package=terminate-core", "--test=threads"])
        .args(["-Zbuild-std", "--target=x86_64-unknown-linux-gnu", "--target-dir"])
        .arg(target)
        .env("RUSTFLAGS", "-Zsanitizer=thread")
}

fn self_test(ws: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let mut rows = Vec::new();
    let mut wrong = 0;
    let mut scratch = Scratch::new(ws, "tsan")?;
    for bug in [None].into_iter().chain(SEEDS.map(Some)) {
        scratch.plant(bug)?;
        println!("\nbug: {}", bug.unwrap_or("none"));
        let output = test(scratch.workspace(), toolchain).ignore_status().output()?;
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let races = told.matches(RACE).count();
        let right = (bug.is_some(), races > 0) == (!output.status.success(), bug.is_some());
        if !right {
            println!("{told}");
        }
        wrong += usize::from(!right);
        let judgement = if right { "as it must" } else { "WRONG" };
        rows.push([bug.unwrap_or("none").to_owned(), races.to_string(), judgement.to_owned()]);
    }
    println!("\n{}", table::render(["bug", "races", ""], &rows));
    ensure!(wrong == 0, "{wrong} verdicts are wrong");
    Ok(())
}
