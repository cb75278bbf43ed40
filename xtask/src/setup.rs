//! Installing what a command needs: its options for that, Debian's packages, and rustup's targets.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use rustix::process::geteuid;
use xshell::cmd;

use crate::watchdog::watch;
use crate::workspace::Workspace;

/// For all that a command installs. A server that does not answer would take hours.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Debian's compiler, for machines whose rustup cannot fetch targets.
pub(crate) const DEBIAN_COMPILER: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Where it has the source of the standard library.
pub(crate) const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std";
/// rustup's cargo would call rustup's compiler.
pub(crate) const DEBIAN_PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

/// What a command that can install what it needs takes.
#[derive(Args, Default)]
pub(crate) struct Setup {
    /// First installs what is missing: targets by rustup, the rest by apt, on Debian and as root
    #[arg(long)]
    setup: bool,
    /// Installs, and does nothing else
    #[arg(long)]
    setup_only: bool,
}

impl Setup {
    /// Installs if that is wanted. Whether the command goes on.
    ///
    /// # Errors
    ///
    /// Those of `install`.
    pub(crate) fn carry_out(&self, install: impl FnOnce() -> Result<()>) -> Result<bool> {
        if self.setup || self.setup_only {
            watch(LIMIT, install)?;
        }
        Ok(!self.setup_only)
    }
}

/// Has apt install these packages.
pub(crate) fn install(ws: &Workspace, packages: &[impl AsRef<str>]) -> Result<()> {
    if packages.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let packages: Vec<_> = packages.iter().map(AsRef::as_ref).collect();
    let list = packages.join(" ");
    ensure!(is_there(ws, "apt-get"), "this is no Debian: install what `apt-get install {list}` would");
    ensure!(geteuid().is_root(), "as root: apt-get install {list}");
    // Mirrors have their moments.
    let updated = (0..3).any(|_| cmd!(ws.sh, "apt-get update -qq").run().is_ok());
    ensure!(updated, "apt-get update has failed three times");
    let install = cmd!(ws.sh, "apt-get install -y -qq --no-install-recommends {packages...}");
    install.env("DEBIAN_FRONTEND", "noninteractive").run().with_context(|| format!("apt-get install {list}"))
}

/// Whether that program can be started.
pub(crate) fn is_there(ws: &Workspace, program: &str) -> bool {
    cmd!(ws.sh, "{program} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}

/// Has rustup add the target, unless it is there. Not every machine's rustup can fetch targets, and not every target has something to
/// fetch. Whether it is there now.
pub(crate) fn add_target(ws: &Workspace, triple: &str) -> bool {
    rustup_has(ws, triple) || cmd!(ws.sh, "rustup target add {triple}").ignore_stderr().run().is_ok()
}

/// Whether rustup has the standard library of the target, or its part for firmware.
pub(crate) fn rustup_has(ws: &Workspace, triple: &str) -> bool {
    let Ok(directory) = cmd!(ws.sh, "rustc --print target-libdir --target {triple}").quiet().ignore_stderr().read()
    else {
        return false;
    };
    has_core(Path::new(&directory))
}

/// The directory is named also where nothing is installed.
fn has_core(directory: &Path) -> bool {
    let Ok(files) = fs::read_dir(directory) else { return false };
    files.flatten().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::has_core;

    #[test]
    fn a_target_is_there_only_with_its_core() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!has_core(&directory.path().join("nothing")));
        assert!(!has_core(directory.path()));
        fs::write(directory.path().join("libcore-0123.rlib"), "").unwrap();
        assert!(has_core(directory.path()));
    }
}
