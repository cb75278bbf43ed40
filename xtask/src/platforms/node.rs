//! node, which runs programs of WASI.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

const RUN: &str = r#"
process.removeAllListeners("warning");
process.on("warning", () => {});
const { WASI } = require("node:wasi");
const args = process.argv.slice(1);
const wasi = new WASI({ version: "preview1", args, returnOnExit: true });
WebAssembly.instantiate(require("node:fs").readFileSync(args[0]), wasi.getImportObject()).then(({ instance }) => {
    try {
        process.exitCode = wasi.start(instance);
    } catch (error) {
        process.exitCode = 134;
    }
});
"#;

/// # Errors
///
/// If there is no node.
pub(super) fn version(ws: &Workspace) -> Result<String> {
    Ok(format!("node {}", cmd!(ws.sh, "node --version").quiet().ignore_stderr().read().context("no node")?))
}

/// Runs the program, with the arguments that are added.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new("node");
    command.args(["-e", RUN]).arg(program);
    command
}
