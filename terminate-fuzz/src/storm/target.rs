//! How a program is started, and where: its directory, its log, its environment.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::cores::{Cores, is_core};
use super::verdict::Expected;
use super::{Plan, log, sys};

/// A program to be stormed.
#[derive(Clone, Debug)]
pub struct Target {
    command: Vec<OsString>,
    pub(super) expected: Expected,
    pub(super) cores: bool,
}

impl Target {
    /// A program with its arguments, which keeps a log: the [protocol](super#the-protocol).
    pub fn with_log(command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let command = command.into_iter().map(Into::into).collect();
        Self { command, expected: Expected { log: true, ..Expected::default() }, cores: false }
    }

    /// Any program with its arguments: its status, what it leaves, and whether it ends are judged. The exit status may be
    /// zero.
    pub fn without_log(command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let command = command.into_iter().map(Into::into).collect();
        let expected = Expected { log: false, statuses: vec![0], starting: Vec::new() };
        Self { command, expected, cores: false }
    }

    /// Lets it leave cores, if the kernel writes them into its working directory, and judges that it leaves one just when a
    /// process does that catches no signal. Not for programs that refuse to be dumped, or are large. A round is not judged so
    /// where such a signal ended another process of the target's group, since each may remove the other's core.
    #[must_use]
    pub fn with_cores(mut self) -> Self {
        self.cores = true;
        self
    }

    /// The exit statuses that are right at any time, beside what the log, or a signal, explains.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = i32>) -> Self {
        self.expected.statuses = statuses.into_iter().collect();
        self
    }

    /// The exit statuses that are right as long as the log is empty: those of an interpreter, say, that is told to end
    /// before it has come to the program.
    #[must_use]
    pub fn starting(mut self, statuses: impl IntoIterator<Item = i32>) -> Self {
        self.expected.starting = statuses.into_iter().collect();
        self
    }

    /// Starts it in that place.
    pub(super) fn start(&self, place: &Place, plan: &Plan) -> io::Result<Child> {
        let no_command = || io::Error::new(io::ErrorKind::InvalidInput, "an empty command");
        let (program, arguments) = self.command.split_first().ok_or_else(no_command)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&place.files).env_remove("RUST_BACKTRACE");
        command.env(log::DIRECTORY, &place.files).env(log::PLAN, plan.to_string());
        if self.expected.log {
            command.env(log::LOG, &place.log);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&place.stderr)?);
        let cores = place.cores.allowed;
        // SAFETY: `prepare` is async-signal-safe.
        unsafe { command.pre_exec(move || sys::prepare(cores)) };
        command.spawn()
    }
}

/// Where the targets of one thread of the storm run, one after the other.
pub(super) struct Place {
    pub(super) log: PathBuf,
    pub(super) stderr: PathBuf,
    /// What has to be empty at the end.
    pub(super) files: PathBuf,
    pub(super) cores: Cores,
}

impl Place {
    pub(super) fn new(base: &Path, cores: Cores) -> io::Result<Self> {
        let files = base.join("files");
        fs::create_dir_all(&files)?;
        Ok(Self { log: base.join("log"), stderr: base.join("stderr"), files, cores })
    }

    /// Makes it as new.
    pub(super) fn clear(&self) -> io::Result<()> {
        File::create(&self.log)?;
        for entry in fs::read_dir(&self.files)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
        }
        Ok(())
    }

    /// What is in the directory that has to be empty, but for cores that are allowed.
    pub(super) fn left(&self) -> io::Result<Vec<String>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.files)? {
            let entry = entry?;
            if !(self.cores.allowed && is_core(&entry.path())) {
                left.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(left)
    }
}
