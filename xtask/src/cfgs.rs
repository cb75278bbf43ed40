//! A build under extra `--cfg`s.
//!
//! They reach the workspace's own crates alone, by way of cargo's workspace wrapper: cargo keeps what each wrapper built
//! apart, and the dependencies are built once for all of them. `loom` is the exception. Cargo itself must see it, because
//! it brings in a dependency, so that one goes through `RUSTFLAGS`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use xshell::Cmd;

use crate::workspace::Workspace;

#[derive(Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cfgs {
    /// Build the models: in release, or they take minutes.
    pub(crate) loom: bool,
    /// As after `--cfg`: a name, or `name="value"`.
    pub(crate) set: Vec<String>,
}

impl Cfgs {
    pub(crate) fn one(cfg: &str) -> Self {
        Self { loom: false, set: vec![cfg.to_owned()] }
    }

    pub(crate) fn loom() -> Self {
        Self { loom: true, set: Vec::new() }
    }

    pub(crate) fn and(mut self, cfg: String) -> Self {
        self.set.push(cfg);
        self
    }

    /// The cargo command, with these cfgs for the workspace's crates.
    pub(crate) fn apply<'a>(&self, ws: &Workspace, mut cargo: Cmd<'a>) -> Result<Cmd<'a>> {
        if self.loom {
            cargo = cargo.arg("--release").arg("--target-dir").arg(ws.target("loom")).env("RUSTFLAGS", "--cfg loom");
        }
        if !self.set.is_empty() {
            cargo = cargo.env("RUSTC_WORKSPACE_WRAPPER", self.wrapper(ws)?);
        }
        Ok(cargo)
    }

    /// A script that passes rustc the cfgs. Its name tells them, because cargo knows wrappers by path, not by content.
    fn wrapper(&self, ws: &Workspace) -> Result<PathBuf> {
        let script = self.script()?;
        let directory = ws.target("cfgs");
        fs::create_dir_all(&directory)?;
        let path = directory.join(self.file_name());
        // A script that somebody is running cannot be written.
        if fs::read_to_string(&path).ok().as_deref() != Some(&script) {
            fs::write(&path, script)?;
            fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        }
        Ok(path)
    }

    fn script(&self) -> Result<String> {
        let mut script = "#!/bin/sh\nexec \"$@\"".to_owned();
        for cfg in &self.set {
            let harmless = |c: char| c.is_ascii_alphanumeric() || "_=\" ".contains(c);
            ensure!(cfg.chars().all(harmless), "not a cfg: {cfg}");
            script.push_str(" --cfg '");
            script.push_str(cfg);
            script.push('\'');
        }
        Ok(script + "\n")
    }

    fn file_name(&self) -> String {
        self.set.join(".").replace('"', "").replace([' ', '='], "-")
    }
}

#[cfg(test)]
mod tests {
    use super::Cfgs;

    #[test]
    fn different_cfgs_never_share_a_wrapper() {
        let two = |value: &str| Cfgs::one("terminate_small_counter").and(format!("other=\"{value}\""));
        assert_eq!(two("a_b").file_name(), "terminate_small_counter.other-a_b");
        assert_ne!(two("a_b").file_name(), two("a_c").file_name());
    }

    #[test]
    fn the_script_hands_each_cfg_to_rustc_in_quotes() {
        let script = Cfgs::one("x").and("seed=\"y\"".to_owned()).script().unwrap();
        assert_eq!(script, "#!/bin/sh\nexec \"$@\" --cfg 'x' --cfg 'seed=\"y\"'\n");
    }

    #[test]
    fn a_cfg_that_would_leave_its_quotes_is_refused() {
        Cfgs::one("x' -o /tmp/y '").script().unwrap_err();
    }
}
