//! Types Ctrl-C into the terminal of a program: the way on which a user's Ctrl-C comes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use wait_timeout::ChildExt;

use super::wine::Wine;

/// What is typed, and what comes of it.
pub(super) struct Case {
    pub(super) scenario: &'static str,
    /// After each of these words Ctrl-C is typed.
    after: &'static [&'static str],
    /// In this order.
    shows: &'static [&'static str],
    /// The last eight bits of the exit code: all that wine hands on.
    code: i32,
}

/// Of `STATUS_CONTROL_C_EXIT`.
const CONTROL_C_EXIT: i32 = 0x3a;

pub(super) const CASES: [Case; 4] = [
    Case {
        scenario: "wait",
        after: &["ready"],
        shows: &["hook newer SIGINT", "hook older SIGINT"],
        code: CONTROL_C_EXIT,
    },
    Case {
        scenario: "main_waits",
        after: &["ready"],
        shows: &["main: SIGINT", "hook older SIGINT"],
        code: CONTROL_C_EXIT,
    },
    Case { scenario: "interrupt_twice", after: &["ready", "ready"], shows: &["interrupted", "interrupted"], code: 0 },
    Case { scenario: "force", after: &["ready", "begun", "begun"], shows: &["begun"], code: CONTROL_C_EXIT },
];

const LIMIT: Duration = Duration::from_secs(60);
/// Between two keys that no word of the program separates: wine reads what was typed, and counts one Ctrl-C a read.
const BETWEEN_KEYS: Duration = Duration::from_millis(300);
const CTRL_C: &[u8] = b"\x03";

pub(super) fn run(wine: &Wine<'_>, fixture: &Path, case: &Case) -> Result<()> {
    let (mut ours, theirs) = open()?;
    let program = wine.command(fixture);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(program.get_program()).args(program.get_args()).arg(case.scenario);
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(theirs.try_clone()?).stdout(theirs.try_clone()?).stderr(theirs);
    let mut child = command.spawn().context("cannot run setsid")?;
    // The command keeps the other side open, and then there is no end to what is read.
    drop(command);
    let mut reader = ours.try_clone()?;
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            let _ = send.send(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
    });
    let (mut shown, mut seen, begun) = (String::new(), 0, Instant::now());
    let mut last = "";
    for &word in case.after {
        if word == last && word == "begun" {
            thread::sleep(BETWEEN_KEYS);
        } else {
            seen = wait_for(&receive, &mut shown, seen, word, begun)?;
        }
        ours.write_all(CTRL_C)?;
        last = word;
    }
    let Some(status) = child.wait_timeout(LIMIT)? else {
        child.kill()?;
        child.wait()?;
        bail!("it did not end: {shown:?}");
    };
    while let Ok(more) = receive.recv_timeout(Duration::from_secs(1)) {
        shown += &more;
    }
    ensure!(status.code() == Some(case.code), "it ended with {status}, and not with {}: {shown:?}", case.code);
    let mut rest = shown.as_str();
    for word in case.shows {
        rest = rest.split_once(word).with_context(|| format!("no {word:?} in {shown:?}"))?.1;
    }
    Ok(())
}

/// Reads until the word was shown once more. Where it ends.
fn wait_for(
    receive: &mpsc::Receiver<String>,
    shown: &mut String,
    seen: usize,
    word: &str,
    begun: Instant,
) -> Result<usize> {
    loop {
        if let Some(at) = shown.get(seen..).and_then(|new| new.find(word)) {
            return Ok(seen + at + word.len());
        }
        let left = LIMIT.saturating_sub(begun.elapsed());
        let more = receive.recv_timeout(left).with_context(|| format!("no {word:?} in {shown:?}"))?;
        shown.push_str(&more);
    }
}

/// A new terminal: our side, and the program's.
fn open() -> Result<(File, File)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let theirs = OpenOptions::new().read(true).write(true).open(Path::new(name.to_str()?))?;
    Ok((ours.into(), theirs))
}
