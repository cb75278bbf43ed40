//! `cargo xtask tsan`: the core's thread tests under `ThreadSanitizer`, and proof that it sees races that are built in.
//!
//! The standard library must be instrumented too, or its own synchronisation looks like races, so it is built from source:
//! with a nightly that has `rust-src`, or else with Debian's `rustc-web`, `cargo-web` and `rust-web-src`, which lack the
//! sanitizer's runtime; that one is taken from rustup's stable toolchain.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use xshell::{Cmd, cmd};

use crate::cfgs::Cfgs;
use crate::libtest::{self, Tally};
use crate::table;
use crate::workspace::Workspace;

/// Missing orderings, and a hook that two may own: races of data, which is what this tells from what is only wrong.
const SEEDS: [&str; 3] = ["publish_relaxed", "claim_by_store", "publish_early"];
const DEBIAN: &str = "/usr/bin";
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
    /// Debian's, with the runtime of another toolchain.
    Debian { runtime: PathBuf },
}

pub(crate) fn run(ws: &Workspace, options: &Options, tally: &mut Tally) -> Result<()> {
    let toolchain = toolchain(ws)?;
    if options.self_test {
        return self_test(ws, &toolchain);
    }
    libtest::run(test(ws, &toolchain)?, tally)
}

fn toolchain(ws: &Workspace) -> Result<Toolchain> {
    let sysroot = |toolchain: &str| {
        cmd!(ws.sh, "rustc {toolchain} --print sysroot").ignore_stderr().quiet().read().ok().map(PathBuf::from)
    };
    let has_source = |sysroot: &Path| sysroot.join("lib/rustlib/src/rust/library/std").exists();
    if sysroot("+nightly").is_some_and(|sysroot| has_source(&sysroot)) {
        return Ok(Toolchain::Nightly);
    }
    let runtime = sysroot("+stable")
        .map(|sysroot| sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu/lib/librustc-stable_rt.tsan.a"));
    let debian = Path::new(DEBIAN).join("rustc").exists() && has_source(Path::new("/usr"));
    let runtime = runtime.filter(|runtime| debian && runtime.exists());
    runtime.map(|runtime| Toolchain::Debian { runtime }).context(
        "ThreadSanitizer needs the source of the standard library: `rustup component add rust-src --toolchain nightly`, \
         or on Debian `apt-get install --no-install-recommends rustc-web cargo-web rust-web-src`",
    )
}

/// The command, but for what is built in.
fn test<'a>(ws: &'a Workspace, toolchain: &Toolchain) -> Result<Cmd<'a>> {
    let target = ws.target("tsan");
    let (cargo, flags, plus) = match toolchain {
        Toolchain::Nightly => (PathBuf::from("cargo"), "-Zsanitizer=thread".to_owned(), Some("+nightly")),
        Toolchain::Debian { runtime } => {
            let runtime = runtime.to_str().context("the path of the runtime is not text")?;
            let link =
                ["-Wl,--whole-archive", runtime, "-Wl,--no-whole-archive"].map(|arg| format!(" -Clink-arg={arg}"));
            let flags = format!("-Zsanitizer=thread -Zexternal-clangrt{}", link.concat());
            (Path::new(DEBIAN).join("cargo"), flags, None)
        }
    };
    let mut test = cmd!(ws.sh, "{cargo} {plus...} test --locked --package terminate-core --test threads")
        .args(["-Zbuild-std", "--target=x86_64-unknown-linux-gnu", "--target-dir"])
        .arg(target)
        .env("RUSTFLAGS", flags);
    if let Toolchain::Debian { .. } = toolchain {
        // Its cargo calls the first rustc that it finds. This is its own standard library, so it may use what is unstable.
        let path = format!("{DEBIAN}:{}", env::var("PATH").unwrap_or_default());
        test = test.env("PATH", path).env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
        for own in ["RUSTC", "CARGO", "RUSTDOC"] {
            test = test.env_remove(own);
        }
    }
    Ok(test)
}

fn self_test(ws: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let mut rows = Vec::new();
    let mut wrong = 0;
    for bug in [None].into_iter().chain(SEEDS.map(Some)) {
        let cfgs = bug.map_or_else(Cfgs::default, |bug| Cfgs::one(&format!("terminate_seed_bug=\"{bug}\"")));
        println!("\nbug: {}", bug.unwrap_or("none"));
        let output = cfgs.apply(ws, test(ws, toolchain)?)?.ignore_status().output()?;
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
