//! `cargo xtask platforms --setup`: installs, on Debian, what the platforms need and is missing.

use std::collections::BTreeSet;

use anyhow::Result;

use super::compiler::Compiler;
use super::list::{By, PLATFORMS, Platform};
use super::{musl, zig};
use crate::setup::{DEBIAN_COMPILER, add_target, install, rustup_has};
use crate::workspace::Workspace;

/// For all of them, or for those of which CI does something.
pub(super) fn run(ws: &Workspace, quick: bool) -> Result<()> {
    let wanted = || PLATFORMS.iter().filter(|platform| !quick || !platform.quick.is_empty());
    for platform in wanted() {
        add_target(ws, platform.triple);
    }
    let missing = wanted().filter(|platform| Compiler::that_runs(ws, platform).is_err());
    let mut packages = BTreeSet::new();
    for platform in missing {
        if !rustup_has(ws, platform.triple) {
            packages.extend(DEBIAN_COMPILER.map(str::to_owned));
        }
        if let Some((compiler, architecture)) = platform.cross {
            packages.extend([format!("gcc-{compiler}"), format!("libc6-dev-{architecture}-cross")]);
        }
        match platform.by {
            By::Emulator(_) => drop(packages.insert("qemu-user".to_owned())),
            By::Zig(..) => drop(packages.insert("python3-venv".to_owned())),
            By::Native if platform.triple.ends_with("-musl") => drop(packages.insert("musl-tools".to_owned())),
            By::Node => drop(packages.insert("nodejs".to_owned())),
            By::Native | By::Check => {}
        }
    }
    install(ws, &packages.into_iter().collect::<Vec<_>>())?;
    zig::set_up(ws)?;
    // rustup's library has its own C library with it.
    let by_debian = |platform: &Platform| platform.triple.ends_with("-musl") && !rustup_has(ws, platform.triple);
    if wanted().any(by_debian) { musl::set_up(ws) } else { Ok(()) }
}
