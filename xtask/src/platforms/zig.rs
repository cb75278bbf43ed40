//! Linking by zig, from the Python Package Index: it has stubs of the C libraries of Apple's systems and of the BSDs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use xshell::cmd;

use crate::workspace::Workspace;

const VERSION: &str = "0.17.1";
/// Arguments of rustc that zig does not take; and libraries that crates name, of which zig has no stub, and programs here need
/// nothing.
const DROPPED: &str =
    "-m64|-arch|arm64|x86_64|-lobjc|-framework|Foundation|-lgcc_s|-lgcc|-liconv|-lkvm|-lmemstat|-lprocstat|-ldevstat";

fn environment(ws: &Workspace) -> PathBuf {
    ws.target("platforms/zig")
}

/// Has an environment of its own for Python, with zig in it.
pub(super) fn set_up(ws: &Workspace) -> Result<()> {
    let environment = environment(ws);
    if !environment.join("bin/pip").exists() {
        cmd!(ws.sh, "python3 -m venv {environment}").run()?;
    }
    let (pip, package) = (environment.join("bin/pip"), format!("ziglang=={VERSION}"));
    Ok(cmd!(ws.sh, "{pip} install --quiet --disable-pip-version-check {package}").run()?)
}

/// A program that links for that target, as rustc calls it.
///
/// # Errors
///
/// If there is no zig.
pub(super) fn linker(ws: &Workspace, target: &str, library: &str) -> Result<PathBuf> {
    let python = environment(ws).join("bin/python");
    let version = cmd!(ws.sh, "{python} -m ziglang version").quiet().ignore_stderr().read();
    ensure!(
        version.is_ok(),
        "no zig {VERSION}, which `cargo xtask platforms --setup` gets from the Python Package Index"
    );
    let python = python.display();
    let script = format!(
        "#!/usr/bin/env bash\nargs=()\nfor arg in \"$@\"; do case $arg in {DROPPED}) ;; *) args+=(\"$arg\") ;; esac; done\n\
         exec '{python}' -m ziglang cc -target {target} \"${{args[@]}}\" {library}\n"
    );
    let path = ws.target("platforms").join(format!("link-{target}"));
    fs::write(&path, script)?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(path)
}

pub(super) fn version() -> String {
    format!("zig {VERSION}")
}
