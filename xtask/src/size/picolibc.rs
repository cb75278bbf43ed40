//! Debian's picolibc, to compare with: fetched and unpacked below the target directory. Installing it would bring a C
//! compiler along.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::firmware::target::Target;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["picolibc-arm-none-eabi", "picolibc-riscv64-unknown-elf"];

/// The library for a target.
pub(crate) fn library(ws: &Workspace, target: &Target) -> Option<PathBuf> {
    let path = ws.target("picolibc").join("usr/lib/picolibc").join(target.picolibc).join("libc.a");
    path.exists().then_some(path)
}

pub(crate) fn is_there(ws: &Workspace) -> bool {
    ws.target("picolibc").join("usr").is_dir()
}

pub(crate) fn fetch(ws: &Workspace) -> Result<()> {
    let directory = ws.target("picolibc");
    fs::create_dir_all(&directory)?;
    let _there = ws.sh.push_dir(&directory);
    cmd!(ws.sh, "apt-get download -q {PACKAGES...}").run()?;
    for file in fs::read_dir(&directory)? {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            cmd!(ws.sh, "dpkg-deb -x {file} {directory}").run().with_context(|| file.display().to_string())?;
            fs::remove_file(file)?;
        }
    }
    Ok(())
}
