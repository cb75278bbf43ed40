//! `cargo xtask mutants`: small changes that no test notices, found by cargo-mutants. It takes hours, so it is no part of `ci`.
//! `.cargo/mutants.toml` lists the changes that make no difference.

use anyhow::{Context, Result, ensure};
use clap::Args;
use xshell::cmd;

use crate::workspace::Workspace;

/// Where changes are made, and which tests are to notice them.
struct Subject {
    package: &'static str,
    files: &'static str,
    /// Arguments for `cargo test`: the tests that take no minutes.
    tests: &'static [&'static str],
}

const SUBJECTS: [Subject; 2] = [
    Subject { package: "terminate-core", files: "terminate-core/src/**/*.rs", tests: &[] },
    Subject {
        package: "terminate-std",
        files: "terminate-std/src/lifecycle/**/*.rs",
        // The model is too slow without optimisation.
        tests: &["--release", "--lib", "--test=explore"],
    },
];
/// Options for both. A change may hang; one in what is only printed is no bug.
const OPTIONS: [&str; 6] = [
    "--no-shuffle",
    "--cap-lints=true",
    "--timeout-multiplier=3",
    "--minimum-test-timeout=20",
    "--exclude-re=impl (fmt::)?(Debug|Display)",
    "--exclude-re=impl std::error::Error",
];

#[derive(Args)]
pub(crate) struct Options {
    /// Only the package whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Further arguments for cargo-mutants, such as `--list` or `--in-diff <FILE>`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if cmd!(ws.sh, "cargo mutants --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        cmd!(ws.sh, "cargo install --locked cargo-mutants").run()?;
    }
    let subjects: Vec<_> = SUBJECTS.into_iter().filter(|subject| subject.package.contains(&options.only)).collect();
    ensure!(!subjects.is_empty(), "no package has {:?} in its name", options.only);
    let mut failed = Vec::new();
    for Subject { package, files, tests } in subjects {
        let output = ws.target("mutants").join(package);
        std::fs::create_dir_all(&output).with_context(|| output.display().to_string())?;
        let mutants = cmd!(ws.sh, "cargo mutants --package {package} --file {files} --output {output}");
        // It builds in trees of its own.
        let mutants =
            mutants.args(OPTIONS).args(&options.arguments).arg("--").args(tests).env_remove("CARGO_TARGET_DIR");
        if mutants.run().is_err() {
            failed.push(package);
        }
    }
    ensure!(failed.is_empty(), "changes that no test notices, in {}: see mutants.out/missed.txt", failed.join(", "));
    Ok(())
}
