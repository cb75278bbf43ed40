//! Which compiler builds for a target: rustup's, where the target is installed, or Debian's with the standard library's
//! source.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, bail};
use clap::ValueEnum;
use xshell::{Cmd, cmd};

use super::target::Target;
use crate::workspace::Workspace;

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub(crate) enum With {
    /// `rustup target add`
    Rustup,
    /// Debian's rustc-web and rust-web-src, which build core themselves
    Debian,
}

pub(crate) enum Toolchain {
    Rustup,
    /// With the linker that it lacks.
    Debian {
        linker: PathBuf,
    },
}

/// Debian's compiler, for machines whose rustup cannot fetch targets.
pub(super) const DEBIAN_COMPILER: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// rustup's cargo would call rustup's compiler.
const DEBIAN_PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

impl Toolchain {
    /// The first that can build for the target.
    pub(crate) fn find(ws: &Workspace, target: &Target, with: Option<With>) -> Result<Self> {
        let wanted = |this| with.is_none_or(|with| with == this);
        if wanted(With::Rustup) && rustup_has(ws, target.triple) {
            return Ok(Self::Rustup);
        }
        if wanted(With::Debian)
            && let Some(linker) = debian(ws)
        {
            return Ok(Self::Debian { linker });
        }
        bail!(
            "nothing here builds for {0}: `rustup target add {0}`, or on Debian `apt-get install {1}`, or let `cargo xtask \
             firmware --setup` do it",
            target.triple,
            DEBIAN_COMPILER.join(" ")
        )
    }

    /// The first words of a cargo command that builds for the target: `build`, say.
    pub(crate) fn cargo<'a>(&self, ws: &'a Workspace, what: &str, triple: &str, flags: &str) -> Cmd<'a> {
        let variable = triple.to_uppercase().replace('-', "_");
        let cargo = match self {
            Self::Rustup => cmd!(ws.sh, "cargo {what} --target {triple}"),
            Self::Debian { linker } => cmd!(ws.sh, "/usr/bin/cargo {what} --target {triple} -Zbuild-std=core")
                .env("PATH", DEBIAN_PATH)
                .env("RUSTC_BOOTSTRAP", "1")
                .env(format!("CARGO_TARGET_{variable}_LINKER"), linker)
                .env_remove("RUSTUP_TOOLCHAIN"),
        };
        cargo.env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), flags)
    }

    /// The compiler's version, for a table of sizes.
    pub(crate) fn version(&self, ws: &Workspace) -> Result<String> {
        let rustc = match self {
            Self::Rustup => "rustc",
            Self::Debian { .. } => DEBIAN_RUSTC,
        };
        Ok(cmd!(ws.sh, "{rustc} --version").quiet().read()?)
    }

    /// Builds of two compilers do not mix.
    pub(crate) fn directory(&self) -> &'static str {
        match self {
            Self::Rustup => "firmware",
            Self::Debian { .. } => "firmware-debian",
        }
    }
}

fn rustup_has(ws: &Workspace, triple: &str) -> bool {
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

/// Debian's compiler with the source of core, and a linker for it: an installed one, or the one in rustup's toolchain.
fn debian(ws: &Workspace) -> Option<PathBuf> {
    let sysroot = |rustc: &str| {
        let output = Command::new(rustc).args(["--print", "sysroot"]).env_remove("RUSTUP_TOOLCHAIN").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let source = sysroot(DEBIAN_RUSTC)?.join("lib/rustlib/src/rust/library/core");
    if !source.is_dir() || !Path::new("/usr/bin/cargo").exists() {
        return None;
    }
    let on_path = || env::split_paths(DEBIAN_PATH).map(|directory| directory.join("rust-lld")).find(|lld| lld.exists());
    let rustups = || {
        let host = cmd!(ws.sh, "rustc --print host-tuple").quiet().ignore_stderr().read().ok()?;
        let lld = sysroot("rustc")?.join("lib/rustlib").join(host).join("bin/rust-lld");
        lld.exists().then_some(lld)
    };
    on_path().or_else(rustups)
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
