//! How to build for a target without an operating system here: with rustup's component for it, or, where that cannot be
//! had, with Debian's `rustc-web`, `cargo-web` and `rust-web-src`, which build the core library along.

use std::path::Path;

use anyhow::{Result, bail};
use xshell::{Cmd, cmd};

use crate::workspace::Workspace;

const DEBIAN: [&str; 3] = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/Cargo.lock"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Component,
    BuildStd,
}

/// The way that is there.
pub(crate) fn route(ws: &Workspace, target: &str) -> Result<Route> {
    let library = cmd!(ws.sh, "rustc --print target-libdir --target {target}").quiet().ignore_stderr().read();
    if library.is_ok_and(|library| Path::new(&library).is_dir()) {
        return Ok(Route::Component);
    }
    if DEBIAN.iter().all(|path| Path::new(path).exists()) {
        return Ok(Route::BuildStd);
    }
    bail!(
        "nothing here builds for {target}: `rustup target add {target}`, or on Debian `apt-get install rustc-web \
         cargo-web rust-web-src`"
    )
}

/// The cargo command, for that target.
pub(crate) fn apply<'a>(ws: &'a Workspace, route: Route, target: &str, cargo: Cmd<'a>) -> Result<Cmd<'a>> {
    let cargo = cargo.arg("--target").arg(target);
    if route == Route::Component {
        return Ok(cargo);
    }
    let sysroot = cmd!(ws.sh, "rustc --print sysroot").quiet().read()?;
    let linker = format!("{sysroot}/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    let variable = target.to_uppercase().replace(['-', '.'], "_");
    Ok(cargo
        .arg("-Zbuild-std=core")
        // Debian's cargo calls the first rustc that it finds.
        .env("PATH", "/usr/bin:/bin")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC_BOOTSTRAP", "1")
        .env(format!("CARGO_TARGET_{variable}_LINKER"), linker))
}

/// The compiler of that route, as it names itself.
pub(crate) fn compiler(ws: &Workspace, route: Route) -> Result<String> {
    let rustc = if route == Route::Component { "rustc" } else { "/usr/bin/rustc" };
    Ok(cmd!(ws.sh, "{rustc} --version").quiet().read()?)
}
