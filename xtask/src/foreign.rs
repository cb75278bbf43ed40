//! The peers that are not written in Rust: a C compiler, and pyterminate in an environment of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

const PYTERMINATE: &str = "0.0.8";

/// A program in C, compiled; where there is no compiler, why.
pub(crate) fn compiled(ws: &Workspace, source: &str) -> Result<PathBuf, String> {
    let source = ws.root().join(source);
    let make = || -> Result<PathBuf> {
        let program = ws.target("peers").join(source.file_stem().context("a source has a name")?);
        fs::create_dir_all(ws.target("peers"))?;
        cmd!(ws.sh, "cc -O2 -Wall -Wextra -pthread -o {program} {source}").quiet().run()?;
        Ok(program)
    };
    make().map_err(|error| format!("{error:#}"))
}

/// A Python that has pyterminate, from the Python Package Index; where there is none, why.
pub(crate) fn python(ws: &Workspace) -> Result<PathBuf, String> {
    let environment = ws.target("peers/python");
    let (pip, python) = (environment.join("bin/pip"), environment.join("bin/python3"));
    let make = || -> Result<()> {
        if !python.exists() {
            cmd!(ws.sh, "python3 -m venv {environment}").quiet().run()?;
        }
        let package = format!("pyterminate=={PYTERMINATE}");
        Ok(cmd!(ws.sh, "{pip} install --quiet --disable-pip-version-check {package}").quiet().run()?)
    };
    make().map_err(|error| format!("{error:#}"))?;
    Ok(python)
}
