//! terminate-core links neither std nor alloc, and depends on nothing that it did not say.
//!
//! The compiler is the judge. A static library with a panic handler of its own and no allocator is built on top of the
//! core: with std anywhere below it there are two panic handlers, with alloc an allocator is missing, and both are errors.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{Dependency, DependencyKind};
use xshell::cmd;

use crate::cfgs::Cfgs;
use crate::workspace::{self, Workspace};

const CORE: &str = "terminate-core";
const DEPENDENCIES: [&str; 3] = ["cfg-if", "critical-section", "heapless"];

const PROBE: &str = "#![no_std]
extern crate probed as _;
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }
";

pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let package = ws.package(CORE)?;
    let stray: Vec<_> = package.dependencies.iter().filter(|d| !allowed(d)).map(|d| d.name.as_str()).collect();
    ensure!(stray.is_empty(), "{CORE} must not depend on {}", stray.join(", "));

    // A dependency that no code names is not linked: the second build is the one that uses the optional ones.
    let with_all = (Cfgs::one("terminate_critical_section"), "--all-features");
    for (cfgs, features) in [(Cfgs::default(), "--no-default-features"), with_all] {
        let build = cmd!(ws.sh, "cargo build --quiet --package {CORE} {features}");
        let artifacts = workspace::artifacts(cfgs.apply(ws, build)?)?;
        let library = artifacts.iter().rfind(|artifact| artifact.package_id == package.id);
        let rlib = library.and_then(|artifact| artifact.filenames.iter().find(|file| file.extension() == Some("rlib")));
        let rlib = rlib.with_context(|| format!("the build made no rlib of {CORE}"))?;
        links_neither(rlib.as_std_path()).with_context(|| format!("{CORE}, built {features}"))?;
    }
    println!("{CORE} links neither std nor alloc");
    Ok(())
}

/// Only loom's models may bring in more, and only under `cfg(loom)`; what tests use does not matter.
fn allowed(dependency: &Dependency) -> bool {
    let for_loom = || dependency.target.as_ref().is_some_and(|target| target.to_string() == "cfg(loom)");
    match dependency.kind {
        DependencyKind::Development => true,
        DependencyKind::Normal => {
            DEPENDENCIES.contains(&dependency.name.as_str()) || (dependency.name == "loom" && for_loom())
        }
        _ => false,
    }
}

fn links_neither(rlib: &Path) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let probe = directory.path().join("probe.rs");
    fs::write(&probe, PROBE)?;
    let mut dependencies = rlib.with_file_name("deps").into_os_string();
    if !Path::new(&dependencies).is_dir() {
        dependencies = rlib.parent().context("an rlib without a directory")?.into();
    }
    let output = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=staticlib", "-Cpanic=abort", "--out-dir"])
        .arg(directory.path())
        .arg(&probe)
        .arg("--extern")
        .arg(format!("probed={}", rlib.display()))
        .arg("-L")
        .arg(format!("dependency={}", dependencies.display()))
        .output()?;
    if !output.status.success() {
        bail!("it links std or alloc:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    fn verdict_on(source: &str) -> Result<(), String> {
        let directory = tempfile::tempdir().unwrap();
        let (file, rlib) = (directory.path().join("lib.rs"), directory.path().join("libsample.rlib"));
        fs::write(&file, source).unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "--crate-type=rlib", "--crate-name=sample", "-o"]).arg(&rlib).arg(&file);
        assert!(rustc.status().unwrap().success());
        super::links_neither(&rlib).map_err(|error| error.to_string())
    }

    #[test]
    fn a_crate_on_core_alone_passes() {
        verdict_on("#![no_std]\npub fn f() -> u8 { core::mem::size_of::<u8>() as u8 }").unwrap();
    }

    #[test]
    fn a_crate_that_names_alloc_is_found_out() {
        let error = verdict_on("#![no_std]\nextern crate alloc;").unwrap_err();
        assert!(error.contains("global memory allocator"), "{error}");
    }

    #[test]
    fn a_crate_that_names_std_is_found_out() {
        let error = verdict_on("#![no_std]\nextern crate std;").unwrap_err();
        assert!(error.contains("panic_impl"), "{error}");
    }
}
