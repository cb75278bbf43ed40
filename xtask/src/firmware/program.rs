//! The firmware's programs for one target: built, and run in the emulator.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use cargo_metadata::Artifact;

use super::target::Target;
use super::toolchain::Toolchain;
use crate::deadline::{self, Run};
use crate::workspace::{self, Workspace};

pub(crate) const MANIFEST: &str = "tests/firmware/Cargo.toml";

pub(crate) struct Programs {
    artifacts: Vec<Artifact>,
}

impl Programs {
    /// Builds all of them.
    pub(crate) fn build(ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<Self> {
        Self::build_some(ws, target, toolchain, &["--bins", "--examples"], &[])
    }

    /// Builds the sweep alone, with these cfgs for everything.
    pub(crate) fn build_sweep(ws: &Workspace, target: &Target, toolchain: &Toolchain, cfgs: &[&str]) -> Result<Self> {
        Self::build_some(ws, target, toolchain, &["--bin=sweep"], cfgs)
    }

    fn build_some(
        ws: &Workspace,
        target: &Target,
        toolchain: &Toolchain,
        which: &[&str],
        cfgs: &[&str],
    ) -> Result<Self> {
        let flags = cfgs.iter().map(|cfg| format!("--cfg={cfg}")).collect::<Vec<_>>().join(" ");
        let directory = ws.target(&[toolchain.directory(), cfgs.first().map_or("", |_| "-cfgs")].concat());
        let cargo = toolchain.cargo(ws, "build", target.triple, &flags);
        let cargo = cargo.args(["--release", "--locked", "--quiet", "--manifest-path", MANIFEST]).args(which);
        let cargo = cargo.arg("--target-dir").arg(directory);
        let cargo = if target.critical_section { cargo.arg("--features=critical-section") } else { cargo };
        Ok(Self { artifacts: workspace::artifacts(cargo)? })
    }

    pub(crate) fn path(&self, name: &str) -> Result<PathBuf> {
        workspace::executable(&self.artifacts, name)
    }

    /// Starts a program with arguments, in that directory, and waits for its end.
    pub(crate) fn run(&self, target: &Target, start: &Start<'_>, limit: Duration) -> Result<Run> {
        let mut command = Command::new(target.emulator);
        command.args(target.machine).args(["-display", "none", "-monitor", "none", "-serial", "none"]);
        command.arg("-semihosting-config").arg(start.semihosting()).current_dir(start.directory);
        if start.counted {
            command.args(["-icount", &format!("shift={}", target.shift)]);
        }
        command.args(start.more);
        command.arg("-kernel").arg(self.path(start.program)?);
        deadline::run(&mut command, limit).with_context(|| {
            format!("is {} there? `cargo xtask firmware --setup` installs it on Debian", target.emulator)
        })
    }
}

/// How a program is started.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a str,
    /// Without spaces: the emulator hands them over as one line.
    pub(crate) arguments: &'a [&'a str],
    pub(crate) directory: &'a Path,
    /// Whether time is the number of instructions.
    pub(crate) counted: bool,
    /// Further arguments for the emulator.
    pub(crate) more: &'a [&'a str],
}

impl Start<'_> {
    fn semihosting(&self) -> String {
        let arguments = [&self.program].into_iter().chain(self.arguments).map(|argument| format!(",arg={argument}"));
        "enable=on,target=native".to_owned() + &arguments.collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Start;

    #[test]
    fn the_program_is_its_own_first_argument() {
        let start =
            Start { program: "p", arguments: &["a", "b"], directory: Path::new("."), counted: false, more: &[] };
        assert_eq!(start.semihosting(), "enable=on,target=native,arg=p,arg=a,arg=b");
    }
}
