//! `cargo xtask firmware --setup`: installs what the firmware needs and is missing.

use anyhow::Result;

use super::target::TARGETS;
use super::toolchain::Toolchain;
use crate::setup::{DEBIAN_COMPILER, add_target, install, is_there};
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
    // With a library that is built already, each build is shorter.
    for target in &TARGETS {
        add_target(ws, target.triple);
    }
    if TARGETS.iter().any(|target| Toolchain::find(ws, target, None).is_err()) {
        packages.extend(DEBIAN_COMPILER);
    }
    if !picolibc::is_there(ws) {
        // For one row of one table: no reason to fail.
        if let Err(error) = picolibc::fetch(ws) {
            println!("no picolibc to compare with: {error:#}");
        }
    }
    install(ws, &packages)
}
