//! `cargo xtask firmware --setup`: installs what the firmware needs and is missing.

use anyhow::{Context, Result, ensure};
use rustix::process::geteuid;
use xshell::cmd;

use super::target::TARGETS;
use super::toolchain::{DEBIAN_COMPILER, Toolchain};
use crate::size::picolibc;
use crate::workspace::Workspace;

const EMULATORS: [(&str, &str); 2] =
    [("qemu-system-arm", "qemu-system-arm"), ("qemu-system-riscv32", "qemu-system-misc")];

pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let mut packages = Vec::new();
    for (program, package) in EMULATORS {
        if !is_there(ws, program) {
            packages.push(package);
        }
    }
    for target in &TARGETS {
        let triple = target.triple;
        if Toolchain::find(ws, target, None).is_err()
            && cmd!(ws.sh, "rustup target add {triple}").run().is_err()
            && !packages.contains(&DEBIAN_COMPILER[0])
        {
            packages.extend(DEBIAN_COMPILER);
        }
    }
    if !picolibc::is_there(ws) {
        // For one row of one table: no reason to fail.
        if let Err(error) = picolibc::fetch(ws) {
            println!("no picolibc to compare with: {error:#}");
        }
    }
    if packages.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let list = packages.join(" ");
    ensure!(is_there(ws, "apt-get"), "this is no Debian: install what `apt-get install {list}` would");
    ensure!(geteuid().is_root(), "as root: apt-get install {list}");
    install(ws, &packages).with_context(|| format!("apt-get install {list}"))
}

fn install(ws: &Workspace, packages: &[&str]) -> Result<()> {
    // Mirrors have their moments.
    let updated = (0..3).any(|_| cmd!(ws.sh, "apt-get update -qq").run().is_ok());
    ensure!(updated, "apt-get update has failed three times");
    let install = cmd!(ws.sh, "apt-get install -y -qq --no-install-recommends {packages...}");
    Ok(install.env("DEBIAN_FRONTEND", "noninteractive").run()?)
}

fn is_there(ws: &Workspace, program: &str) -> bool {
    cmd!(ws.sh, "{program} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}
