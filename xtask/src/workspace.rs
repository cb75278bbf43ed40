//! The workspace as cargo describes it, a shell at its root, and what one build produced.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand, Package};
use xshell::{Cmd, Shell};

pub(crate) struct Workspace {
    pub(crate) sh: Shell,
    metadata: Metadata,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        let sh = Shell::new()?;
        sh.change_dir(&metadata.workspace_root);
        Ok(Self { sh, metadata })
    }

    /// The workspace of another tree, which cargo builds in that target directory.
    pub(crate) fn at(root: &Path, target: &Path) -> Result<Self> {
        const TARGET: &str = "CARGO_TARGET_DIR";
        let metadata = MetadataCommand::new().no_deps().current_dir(root).env(TARGET, target).exec()?;
        let sh = Shell::new()?;
        sh.change_dir(root);
        sh.set_var(TARGET, target);
        Ok(Self { sh, metadata })
    }

    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// A directory below cargo's target directory.
    pub(crate) fn target(&self, sub: &str) -> PathBuf {
        self.metadata.target_directory.join(sub).into()
    }

    pub(crate) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    pub(crate) fn package(&self, name: &str) -> Result<&Package> {
        self.packages().iter().find(|p| p.name == name).with_context(|| format!("no package {name} in the workspace"))
    }
}

/// Runs a `cargo build`, or a `cargo test --no-run`, and returns what it made.
pub(crate) fn artifacts(build: Cmd<'_>) -> Result<Vec<Artifact>> {
    let build = build.arg("--message-format=json-render-diagnostics");
    println!("$ {build}");
    let output = Command::from(build).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the build failed ({})", output.status);
    let mut made = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        if let Message::CompilerArtifact(artifact) = message? {
            made.push(artifact);
        }
    }
    Ok(made)
}

/// Runs a build, for the program of that name.
pub(crate) fn built(build: Cmd<'_>, name: &str) -> Result<PathBuf> {
    executable(&artifacts(build)?, name)
}

/// The program of that name among the artifacts of a build.
pub(crate) fn executable(artifacts: &[Artifact], name: &str) -> Result<PathBuf> {
    let of_that_name = artifacts.iter().filter(|artifact| artifact.target.name == name);
    let program = of_that_name.rev().find_map(|artifact| artifact.executable.clone());
    Ok(program.with_context(|| format!("the build made no program {name}"))?.into())
}
