//! Cores: a bare process tells whether one is left here when a signal ends a process that makes one, and where to.
//!
//! That is for the kernel to say: by the limit, by `core_pattern`, by what is mounted. A target that is judged by it
//! ([`Target::with_cores`](super::Target::with_cores)) is to do the same.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};

use super::sys;

/// What targets may leave, and what a bare process leaves then.
#[derive(Clone, Copy, Default)]
pub(super) struct Cores {
    pub(super) allowed: bool,
    pub(super) left: bool,
}

impl Cores {
    /// Has bare processes die in `directory`. Cores are allowed if they stay in there: nobody removes them elsewhere.
    pub(super) fn probe(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let left = leaves_core(directory, true)?;
        let stays = fs::read_dir(directory)?.filter_map(Result::ok).any(|entry| is_core(&entry.path()));
        if left && stays {
            Ok(Self { allowed: true, left })
        } else {
            Ok(Self { allowed: false, left: leaves_core(directory, false)? })
        }
    }
}

fn leaves_core(directory: &Path, allowed: bool) -> io::Result<bool> {
    let mut command = Command::new("sleep");
    command.arg("1000").current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: `prepare` is async-signal-safe.
    unsafe { command.pre_exec(move || sys::prepare(allowed)) };
    let mut child = command.spawn()?;
    sys::Process::new(child.id().cast_signed())?.kill(libc::SIGQUIT);
    Ok(child.wait()?.core_dumped())
}

/// Whether the file is a core, by the head of its ELF.
pub(super) fn is_core(path: &Path) -> bool {
    const ET_CORE: u16 = 4;
    let mut head = [0; 18];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head.starts_with(b"\x7fELF") && head.ends_with(&ET_CORE.to_ne_bytes())
}
