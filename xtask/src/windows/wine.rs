//! wine, prepared for the tests: a directory of its own below the target directory, with what wine lacks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Cmd, cmd};

use super::TARGET;
use crate::setup::{DEBIAN_COMPILER, DEBIAN_PATH, DEBIAN_STD, add_target, install, rustup_has};
use crate::workspace::{self, Workspace};

const COMPILER: &str = "x86_64-w64-mingw32-gcc";
const PACKAGES: [&str; 3] = ["gcc-mingw-w64-x86-64", "wine", "wine64"];
/// Debian has it outside of the path.
const DEBIAN_WINE: &str = "/usr/lib/wine/wine64";

/// Rust's standard library imports this one function, which wine 8 does not have.
const RANDOM: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE at, SIZE_T n) { return SystemFunction036(at, (ULONG)n); }
";
/// A program that faults is to end, and not to wait for a debugger.
const NO_DEBUGGER: &str = r#"REGEDIT4

[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\AeDebug]
"Debugger"="none"
"Auto"="1"
"#;

pub(super) struct Wine<'a> {
    ws: &'a Workspace,
    program: PathBuf,
    prefix: PathBuf,
    by_rustup: bool,
}

pub(super) fn set_up(ws: &Workspace) -> Result<()> {
    for target in [TARGET].into_iter().chain(super::CHECKED) {
        add_target(ws, target);
    }
    let mut packages = Vec::new();
    if program().is_none() || !is_there(COMPILER) {
        packages.extend(PACKAGES);
    }
    if !rustup_has(ws, TARGET) && !Path::new(DEBIAN_STD).is_dir() {
        packages.extend(DEBIAN_COMPILER);
    }
    install(ws, &packages)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.exists())
}

fn is_there(program: &str) -> bool {
    on_path(program).is_some()
}

fn program() -> Option<PathBuf> {
    on_path("wine64").or_else(|| Some(PathBuf::from(DEBIAN_WINE)).filter(|path| path.exists()))
}

/// As Windows programs name it.
pub(super) fn path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

impl<'a> Wine<'a> {
    /// # Errors
    ///
    /// If the machine lacks something.
    pub(super) fn find(ws: &'a Workspace) -> Result<Self> {
        let program = program().context("no wine: `cargo xtask windows --setup`")?;
        ensure!(is_there(COMPILER), "no {COMPILER}: `cargo xtask windows --setup`");
        let by_rustup = rustup_has(ws, TARGET);
        if !by_rustup && !Path::new(DEBIAN_STD).is_dir() {
            bail!("no compiler for {TARGET}: `cargo xtask windows --setup`");
        }
        let wine = Self { ws, program, prefix: ws.target("windows/wine"), by_rustup };
        wine.prepare()?;
        Ok(wine)
    }

    fn prepare(&self) -> Result<()> {
        let library = self.prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
        if library.exists() {
            return Ok(());
        }
        let (directory, wine) = (self.ws.target("windows"), &self.program);
        fs::create_dir_all(&directory)?;
        let (source, registry) = (directory.join("random.c"), directory.join("debugger.reg"));
        fs::write(&source, RANDOM)?;
        fs::write(&registry, NO_DEBUGGER)?;
        let run = |command: Cmd<'_>| command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all").quiet().run();
        run(cmd!(self.ws.sh, "{wine} wineboot -i").ignore_stderr())?;
        let name = path(&registry);
        run(cmd!(self.ws.sh, "{wine} regedit /S {name}").ignore_stderr())?;
        // Last, since it says that all else is there.
        Ok(cmd!(self.ws.sh, "{COMPILER} -shared -O2 -o {library} {source} -ladvapi32").run()?)
    }

    /// A command that runs the program.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(program).env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all").env("RUST_BACKTRACE", "0");
        command
    }

    /// A cargo command that builds for Windows, and runs by wine.
    pub(super) fn cargo(&self, words: &[&str]) -> Cmd<'a> {
        let directory = self.ws.target("windows").join(if self.by_rustup { "rustup" } else { "debian" });
        let cargo = if self.by_rustup { "cargo" } else { "/usr/bin/cargo" };
        let cargo = cmd!(self.ws.sh, "{cargo} {words...} --target {TARGET} --target-dir {directory}");
        let cargo = cargo
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &self.program)
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", COMPILER)
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            .env("RUST_BACKTRACE", "0");
        if self.by_rustup {
            return cargo;
        }
        let cargo = cargo.arg("-Zbuild-std=std,panic_abort").env("PATH", DEBIAN_PATH).env("RUSTC_BOOTSTRAP", "1");
        ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO"].into_iter().fold(cargo, Cmd::env_remove)
    }

    /// Builds the program of that name.
    pub(super) fn built(&self, words: &[&str], name: &str) -> Result<PathBuf> {
        workspace::built(self.cargo(words), name)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_path_is_named_as_windows_programs_do() {
        assert_eq!(super::path(Path::new("/a/b.exe")), r"Z:\a\b.exe");
    }
}
