//! One process: started, disturbed or left to end, and reaped. All times are of one clock, the machine's monotonic one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use terminate_std::Signal;

use crate::program::{End, Kind};

/// So that main sleeps, or waits, when the signal comes: it says that it is ready just before.
pub(crate) const SETTLE: Duration = Duration::from_millis(3);

pub(crate) type Measures = Vec<(&'static str, u64)>;

/// Nanoseconds on the monotonic clock.
pub(crate) fn now() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Sends a signal to a process.
pub(crate) fn kill(pid: i32, signal: Signal) {
    // SAFETY: touches no memory.
    unsafe { libc::kill(pid, signal.as_raw()) };
}

/// From the signal to the first hook, and to the end; and what the program took before.
pub(crate) fn signal(kind: &Kind, hooks: usize) -> Measures {
    let (mut child, mut output) = start(kind, hooks, End::Signal);
    let pid = i32::try_from(child.id()).expect("process ids are positive");
    let set_up = number(&mut output);
    thread::sleep(SETTLE);
    let (rss, threads) = status(pid);
    let sent = now();
    kill(pid, kind.signal());
    let ended = child.wait().expect("it is ours");
    let reaped = now();
    // By the signal, or with an exit code that tells it.
    let end = ended.signal().or(ended.code().map(|code| code & 127));
    assert_eq!(end, Some(kind.signal().as_raw()), "{kind:?} with {hooks} hooks: {ended}");
    let mut measures =
        vec![("signal to reaped", reaped - sent), ("set-up", set_up), ("resident", rss), ("threads", threads)];
    if hooks > 0 {
        measures.push(("signal to first hook", number(&mut output) - sent));
        ran(&mut output, hooks);
    }
    measures
}

/// From the end of main to the end of the process.
pub(crate) fn exit(kind: &Kind, hooks: usize) -> Measures {
    if !kind.runs_at_exit() {
        return Vec::new();
    }
    let (mut child, mut output) = start(kind, hooks, End::Return);
    let _set_up = number(&mut output);
    assert!(child.wait().expect("it is ours").success());
    let reaped = now();
    let returned = number(&mut output);
    if hooks > 0 {
        let _first = number(&mut output);
        ran(&mut output, hooks);
    }
    vec![("return to reaped", reaped - returned)]
}

fn start(kind: &Kind, hooks: usize, end: End) -> (Child, BufReader<ChildStdout>) {
    let mut child = kind.command(hooks, end).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it can run");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    (child, output)
}

/// A line with a number.
fn number(output: &mut impl BufRead) -> u64 {
    let mut line = String::new();
    output.read_line(&mut line).expect("a pipe can be read");
    line.trim().parse().unwrap_or_else(|_| panic!("{line:?} is no number"))
}

/// The rest of the output: a dot for every hook.
fn ran(output: &mut impl Read, hooks: usize) {
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("a pipe can be read");
    assert_eq!(rest.bytes().filter(|byte| *byte == b'.').count(), hooks);
}

/// Resident bytes, and threads (`proc_pid_status(5)`).
fn status(pid: i32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).expect("a number")
    };
    (field("VmRSS:") * 1024, field("Threads:"))
}
