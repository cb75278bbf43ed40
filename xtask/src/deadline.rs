//! Runs a program to its end or to a deadline, whichever is first.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use wait_timeout::ChildExt;

pub(crate) struct Run {
    /// `None` if the deadline ended it.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program without input. At the deadline its process group is killed.
///
/// The output goes into files: a pipe would not end before the last daemon that a test has left behind.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Run> {
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?).process_group(0);
    let mut child = command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let status = child.wait_timeout(limit)?;
    if status.is_none() {
        kill_process_group(Pid::from_child(&child), Signal::KILL)?;
        child.wait()?;
    }
    Ok(Run { status, stdout: text(stdout)?, stderr: text(stderr)? })
}

fn text(mut file: File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    fn shell(script: &str, limit: Duration) -> super::Run {
        super::run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn a_program_that_ends_is_reported_with_its_status_and_both_outputs() {
        let run = shell("echo out; echo err >&2; exit 7", Duration::from_secs(60));
        assert_eq!(run.status.and_then(|status| status.code()), Some(7));
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_program_that_does_not_end_is_killed_with_its_children() {
        let run = shell("sleep 1000 & echo $!; wait", Duration::from_secs(2));
        assert!(run.status.is_none());
        let child = format!("/proc/{}/stat", run.stdout.trim().parse::<u32>().unwrap());
        // The kill is on its way when `run` returns, and the killed stands there as a zombie until init reaps it.
        let alive = || fs::read_to_string(&child).is_ok_and(|stat| !stat.contains(") Z "));
        let backstop = Instant::now() + Duration::from_secs(30);
        while alive() {
            assert!(Instant::now() < backstop, "the child outlived the deadline");
            thread::yield_now();
        }
    }
}
