//! Which compiler builds for a platform, and the cargo command for that: this machine's own, rustup's with the target's standard
//! library, or Debian's, which builds that library too.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use xshell::{Cmd, cmd};

use super::list::{By, Platform};
use super::{musl, node, zig};
use crate::cfgs::Cfgs;
use crate::setup::{DEBIAN_COMPILER, DEBIAN_PATH, DEBIAN_STD, rustup_has};
use crate::workspace::Workspace;

pub(crate) struct Compiler<'a> {
    ws: &'a Workspace,
    platform: &'a Platform,
    route: Route,
    /// The words before a cargo command that also runs what it builds.
    runner: Vec<OsString>,
    environment: Vec<(String, OsString)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Host,
    Rustup,
    Debian,
}

impl<'a> Compiler<'a> {
    /// # Errors
    ///
    /// If something is missing on this machine.
    pub(super) fn that_runs(ws: &'a Workspace, platform: &'a Platform) -> Result<Self> {
        let mut this = Self::find(ws, platform)?;
        if let By::Emulator(emulator) = &platform.by {
            this.runner = emulator.words(ws)?;
        }
        Ok(this)
    }

    /// As [`that_runs`](Self::that_runs), for what is built and not run.
    pub(super) fn find(ws: &'a Workspace, platform: &'a Platform) -> Result<Self> {
        let route = route(ws, platform)?;
        let mut this = Self { ws, platform, route, runner: Vec::new(), environment: Vec::new() };
        if let Some((name, _)) = platform.cross {
            this.use_cross_compiler(name)?;
        }
        match &platform.by {
            By::Zig(target, library) => this.set("LINKER", zig::linker(ws, target, library)?),
            By::Native if platform.triple.ends_with("-musl") && route == Route::Debian => {
                this.set("LINKER", "musl-gcc");
                this.set("RUSTFLAGS", musl::flags(ws)?);
            }
            By::Node => {
                ensure!(
                    route == Route::Rustup,
                    "`rustup target add {}`: Debian's C library is too old",
                    platform.triple
                );
                node::version(ws)?;
            }
            By::Native | By::Emulator(_) | By::Check => {}
        }
        Ok(this)
    }

    fn use_cross_compiler(&mut self, name: &str) -> Result<()> {
        let (compiler, libraries) = (format!("{name}-gcc"), format!("/usr/{name}/lib"));
        ensure!(
            cmd!(self.ws.sh, "which {compiler}").quiet().ignore_stdout().ignore_stderr().run().is_ok(),
            "no {compiler}"
        );
        self.set("LINKER", compiler);
        if matches!(self.platform.by, By::Native) {
            // The programs find their own loader and libraries, wherever and by whichever program they are started.
            let loader = format!("{libraries}/ld-linux.so.2");
            self.set("RUSTFLAGS", format!("-Clink-arg=-Wl,--dynamic-linker={loader},-rpath,{libraries}"));
        }
        self.environment.push(("QEMU_LD_PREFIX".into(), format!("/usr/{name}").into()));
        Ok(())
    }

    /// Sets a variable that cargo reads for this target alone.
    fn set(&mut self, what: &str, value: impl Into<OsString>) {
        let target = self.platform.triple.to_uppercase().replace(['-', '.'], "_");
        self.environment.push((format!("CARGO_TARGET_{target}_{what}"), value.into()));
    }

    /// What a program of the platform needs when it is started.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&String, &OsString)> {
        self.environment.iter().map(|(name, value)| (name, value))
    }

    pub(super) fn is_for_this_machine(&self) -> bool {
        self.route == Route::Host
    }

    /// A cargo command for the platform, which runs nothing that it builds.
    pub(super) fn cargo(&self, words: &[&str]) -> Result<Cmd<'a>> {
        self.command(&[], &[words, &["--locked"]].concat())
    }

    /// The same for a package of another workspace.
    pub(crate) fn cargo_of(&self, manifest: &Path, words: &[&str]) -> Result<Cmd<'a>> {
        Ok(self.command(&[], words)?.arg("--manifest-path").arg(manifest))
    }

    /// A cargo command that runs what it builds.
    pub(super) fn cargo_that_runs(&self, words: &[&str]) -> Result<Cmd<'a>> {
        self.command(&self.runner, &[words, &["--locked"]].concat())
    }

    /// What starts a program of the platform.
    pub(super) fn program(&self, program: &Path) -> Vec<OsString> {
        self.runner.iter().cloned().chain([program.into()]).collect()
    }

    fn command(&self, runner: &[OsString], words: &[&str]) -> Result<Cmd<'a>> {
        let cargo = if self.route == Route::Debian { "/usr/bin/cargo" } else { "cargo" };
        let mut all = runner.to_vec();
        all.extend([cargo].iter().chain(words).map(OsString::from));
        let [first, rest @ ..] = all.as_slice() else { bail!("no words") };
        let mut command = cmd!(self.ws.sh, "{first} {rest...}").envs(self.environment());
        if self.route != Route::Host {
            // Builds of two compilers do not mix.
            let directory =
                self.ws.target("platforms").join(if self.route == Route::Debian { "debian" } else { "rustup" });
            command = command.arg("--target-dir").arg(directory).args(["--target", self.platform.triple]);
        }
        if self.route == Route::Debian {
            command = command.arg("-Zbuild-std=std,panic_abort").env("PATH", DEBIAN_PATH).env("RUSTC_BOOTSTRAP", "1");
            // To strip, rustc calls a program for Apple that Debian does not have.
            command = command.env("CARGO_PROFILE_DEV_STRIP", "none");
            for variable in ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO"] {
                command = command.env_remove(variable);
            }
        }
        for package in self.platform.optimised {
            command = command.arg("--config").arg(format!("profile.dev.package.{package}.opt-level = 1"));
        }
        self.platform.cfg.map_or_else(Cfgs::default, Cfgs::one).apply(self.ws, command)
    }
}

fn route(ws: &Workspace, platform: &Platform) -> Result<Route> {
    let triple = platform.triple;
    let host = cmd!(ws.sh, "rustc --print host-tuple").quiet().read()?;
    if host.trim() == triple {
        return Ok(Route::Host);
    }
    if rustup_has(ws, triple) {
        return Ok(Route::Rustup);
    }
    if Path::new(DEBIAN_STD).is_dir() && Path::new("/usr/bin/cargo").exists() {
        return Ok(Route::Debian);
    }
    bail!("`rustup target add {triple}`, or on Debian `apt-get install {}`", DEBIAN_COMPILER.join(" "))
}
