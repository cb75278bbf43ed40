//! Which compiler builds for a target: rustup's, where the target is installed, or Debian's with the standard library's
//! source.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use clap::ValueEnum;
use xshell::{Cmd, cmd};

use super::target::Target;
use crate::setup::{DEBIAN_COMPILER, DEBIAN_PATH, rustup_has};
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

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

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
