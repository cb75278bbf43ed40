//! The programs that are read: each on top of one of our crates, built and never run.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use super::MANGLING;
use super::allowed::{self, Lists};
use crate::bare_metal::{self, Route};
use crate::platforms;
use crate::setup::rustup_has;
use crate::workspace::{self, Workspace};

/// What makes every part of the handler reachable: both kinds of hooks, an interrupt, a fault, a number of signals that
/// forces the end.
const ADAPTER: &str = r#"
use terminate_std::{Config, ExitStatus, Hook, Signal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Config::new().force_after(3).install()?;
    Hook::new(|_| println!("ordinary")).exit_status(ExitStatus::Shell).interrupt_on_sigint(true).register()?;
    // SAFETY: it does nothing.
    unsafe { Hook::handler_safe(|_| ()) }.signals([Signal::TERM, Signal::SEGV, Signal::ABRT]).register()?;
    Ok(())
}
"#;

/// The core, where there is no operating system; for the self-test, with one thing in it that must not be there.
const FIRMWARE: &str = r#"#![no_std]
#![no_main]
use terminate_core::{Cause, Context, Registry, SignalNumber};

static REGISTRY: Registry<8, 1> = Registry::new();

#[unsafe(no_mangle)]
extern "C" fn fault(number: u8) {
    if let Some(number) = SignalNumber::new(number) {
        let _ = REGISTRY.run(Cause::Signal(number), Context::Handler);
    }
    violate(number.into());
}

#[inline(never)]
fn violate(number: usize) {
    use core::hint::black_box;
    if cfg!(terminate_violation = "panic") {
        black_box(black_box([1, 2, 3])[number]);
    }
    if cfg!(terminate_violation = "formatting") {
        let _ = core::fmt::write(&mut Nowhere, format_args!("{number}"));
    }
    if cfg!(terminate_violation = "unlisted_indirect") {
        let functions: [fn(usize); 3] = black_box([violate; 3]);
        functions.get(number).map(|function| function(number));
    }
    if cfg!(terminate_violation = "trap") && number == 13 {
        // SAFETY: faults, which is the point.
        unsafe { core::arch::asm!("udf #0") };
    }
}

struct Nowhere;

impl core::fmt::Write for Nowhere {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        core::hint::black_box(text);
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;
/// The other processor.
pub(super) const ARM: &str = "aarch64-unknown-linux-gnu";

/// For which system the adapter is built.
pub(super) struct Adapter {
    pub(super) title: &'static str,
    /// Where its builds are kept.
    directory: &'static str,
    flags: &'static str,
    pub(super) lists: Lists,
    /// If it is another processor than this machine's.
    target: Option<&'static str>,
}

pub(super) const ADAPTERS: [Adapter; 3] = [
    Adapter {
        title: "terminate-std on x86_64 Linux",
        directory: "linux",
        flags: "",
        lists: allowed::OURS,
        target: None,
    },
    Adapter {
        title: "terminate-std on aarch64 Linux",
        directory: "arm",
        flags: "",
        lists: allowed::OURS,
        target: Some(ARM),
    },
    Adapter {
        title: "terminate-std by POSIX's calls alone, on x86_64 Linux",
        directory: "posix",
        flags: " --cfg terminate_posix",
        lists: allowed::OURS_ON_POSIX,
        target: None,
    },
];
const FIRMWARE_TARGET: &str = "thumbv7m-none-eabi";

/// How an adapter's program is built: lines of its profile.
#[derive(Clone, Copy)]
pub(super) struct Build {
    name: &'static str,
    profile: &'static str,
}

/// The one whose list is kept: what ends up in which function does not depend on how a crate is cut up.
pub(super) const LISTED: Build = Build { name: "one-unit", profile: "codegen-units = 1" };
/// Others: as cargo does by default, and with all that makes a program small.
pub(super) const OTHERS: [Build; 2] = [
    Build { name: "default", profile: "" },
    Build { name: "small", profile: "codegen-units = 1\nlto = \"fat\"\nopt-level = \"s\"\npanic = \"abort\"" },
];

/// Another compiler than rustup's puts other functions into each other.
pub(super) fn can_be_built(ws: &Workspace, adapter: &Adapter) -> bool {
    adapter.target.is_none_or(|target| rustup_has(ws, target))
}

pub(super) fn adapter(ws: &Workspace, adapter: &Adapter, build: Build) -> Result<PathBuf> {
    let Build { name, profile } = build;
    let manifest = write(ws, name, "terminate-std", profile, ADAPTER)?;
    let target = ws.target("audit").join(name).join(adapter.directory);
    let build = match adapter.target {
        None => cmd!(ws.sh, "cargo build --quiet --release --manifest-path {manifest} --target-dir {target}"),
        Some(target) => platforms::compiler(ws, target)?.cargo_of(&manifest, &["build", "--quiet", "--release"])?,
    };
    let build = build.env("RUSTFLAGS", format!("{MANGLING}{}", adapter.flags));
    workspace::executable(&workspace::artifacts(build)?, name)
}

pub(super) fn firmware_route(ws: &Workspace) -> Result<Route> {
    bare_metal::route(ws, FIRMWARE_TARGET)
}

/// The program whose root is `fault`.
pub(super) fn firmware(ws: &Workspace, route: Route, seed: Option<&str>) -> Result<PathBuf> {
    let manifest = write(ws, "firmware", "terminate-core", "codegen-units = 1\npanic = \"abort\"", FIRMWARE)?;
    let target = manifest.with_file_name("target");
    let build = cmd!(ws.sh, "cargo build --quiet --release --manifest-path {manifest} --target-dir {target}");
    // Nothing else keeps the handler: there is no table of vectors here.
    let seed = seed.map(|seed| format!(" --cfg terminate_violation=\"{seed}\"")).unwrap_or_default();
    let flags = format!("{MANGLING} -Clink-arg=--entry=fault -Adead_code -Aunexpected_cfgs{seed}");
    let build = bare_metal::apply(ws, route, FIRMWARE_TARGET, build)?.env("RUSTFLAGS", flags);
    workspace::executable(&workspace::artifacts(build)?, "firmware")
}

/// Writes the package, and returns its manifest.
fn write(ws: &Workspace, name: &str, dependency: &str, profile: &str, source: &str) -> Result<PathBuf> {
    let directory = ws.target("audit").join(name);
    let path = toml::Value::from(ws.root().join(dependency).to_string_lossy().into_owned());
    let manifest = format!(
        "[package]\nname = {name:?}\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency}.path = {path}\n\n\
         [profile.release]\ndebug = true\n{profile}\n"
    );
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("src/main.rs"), source)?;
    fs::write(directory.join("Cargo.toml"), manifest)?;
    // The versions of the workspace: cargo leaves out what is not needed.
    fs::copy(ws.root().join("Cargo.lock"), directory.join("Cargo.lock"))?;
    Ok(directory.join("Cargo.toml"))
}
