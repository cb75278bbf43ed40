//! Starts a child, sends what the case says, collects what it writes, and judges how it ended.
//!
//! Nothing here depends on time, except that a child which does not end is killed.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::cases::{Answer, Case, End};
use crate::log::HOOK;
use crate::os;

/// The option that makes this program the child.
pub(crate) const CHILD: &str = "child";

const DEADLINE: Duration = Duration::from_secs(20);

/// What happened, and how long after the start.
pub(crate) struct Event<'a> {
    pub(crate) after: Duration,
    pub(crate) what: What<'a>,
}

pub(crate) enum What<'a> {
    Started(u32),
    Log(&'a str),
    Stderr(&'a str),
    Did(Answer),
    Ended(End),
}

/// What a child did, beside what was expected.
pub(crate) struct Verdict {
    pub(crate) case: Case,
    pub(crate) ended: End,
    log: Vec<String>,
    stderr: String,
}

impl Verdict {
    /// The hooks that ran, in order.
    pub(crate) fn hooks(&self) -> Vec<&str> {
        self.hook_lines().map(|(name, _)| name).collect()
    }

    /// What the hooks were told.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.hook_lines().next_back().map(|(_, cause)| cause)
    }

    fn hook_lines(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.log.iter().filter_map(|line| line.strip_prefix(HOOK)?.split_once(' '))
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.complaints().is_empty()
    }

    /// What is not as expected.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.ended != self.case.end {
            found.push(format!("ended by {}, not by {}", self.ended, self.case.end));
        }
        if self.log != self.case.log {
            found.push(format!("wrote {:?}, not {:?}", self.log, self.case.log));
        }
        if !self.stderr.contains(self.case.stderr) {
            found.push(format!("standard error is {:?}, without {:?}", self.stderr, self.case.stderr));
        }
        found
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code @ 0..) => write!(f, "exit code {code}"),
            Self::Code(code) => write!(f, "exit code {code:#x}"),
            #[cfg(unix)]
            Self::Signal(signal) => signal.fmt(f),
            Self::Hang => f.write_str("hang"),
        }
    }
}

/// Runs a case. `tell` is told what happens, as it happens.
pub(crate) fn judge(case: Case, mut tell: impl FnMut(&Event<'_>) -> io::Result<()>) -> io::Result<Verdict> {
    let start = Instant::now();
    let mut tell = |what: What<'_>| tell(&Event { after: start.elapsed(), what });
    let mut child = spawn(&case)?;
    let mut verdict = Verdict { case, ended: End::Hang, log: Vec::new(), stderr: String::new() };
    let ends = converse(&mut child, &mut verdict, start + DEADLINE, &mut tell);
    if !matches!(ends, Ok(true)) {
        child.kill()?;
    }
    let status = child.wait()?;
    if ends? {
        verdict.ended = os::end(status);
    }
    tell(What::Ended(verdict.ended))?;
    Ok(verdict)
}

enum Said {
    Log(String),
    Stderr(String),
}

/// Collects what the child says, and answers it. Whether it came to an end.
fn converse(
    child: &mut Child,
    verdict: &mut Verdict,
    deadline: Instant,
    tell: &mut impl FnMut(What<'_>) -> io::Result<()>,
) -> io::Result<bool> {
    let (sender, said) = mpsc::channel();
    forward(child.stdout.take(), sender.clone(), Said::Log);
    forward(child.stderr.take(), sender, Said::Stderr);
    tell(What::Started(child.id()))?;
    loop {
        match said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Said::Log(line)) => {
                tell(What::Log(&line))?;
                for answer in answers(&verdict.case, &line) {
                    tell(What::Did(answer))?;
                    carry_out(answer, child)?;
                }
                verdict.log.push(line);
            }
            Ok(Said::Stderr(line)) => {
                tell(What::Stderr(&line))?;
                verdict.stderr += &line;
                verdict.stderr += "\n";
            }
            // Both pipes are closed: it is ending.
            Err(RecvTimeoutError::Disconnected) => return Ok(true),
            Err(RecvTimeoutError::Timeout) => return Ok(false),
        }
    }
}

fn spawn(case: &Case) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(format!("--{CHILD}")).arg(case.name).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    os::prepare(&mut command, case.ignores_hangup);
    command.spawn()
}

/// Sends each line, up to the end, from a thread of its own.
fn forward(pipe: Option<impl Read + Send + 'static>, to: Sender<Said>, of: fn(String) -> Said) {
    thread::spawn(move || {
        let lines = pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')).map_while(Result::ok);
        for line in lines {
            let line = String::from_utf8_lossy(&line).into_owned();
            // Nobody receives any more once the child was given up.
            let _ = to.send(of(line));
        }
    });
}

fn answers(case: &Case, line: &str) -> impl Iterator<Item = Answer> {
    case.answers.iter().filter(move |(to, _)| *to == line).flat_map(|(_, answers)| answers.iter().copied())
}

fn carry_out(answer: Answer, child: &mut Child) -> io::Result<()> {
    match answer {
        // The child is not waited for yet, so its id is its own.
        Answer::Send(signal) => os::send(child, signal)?,
        Answer::Kill => child.kill()?,
        Answer::GoOn => {
            if let Some(pipe) = &mut child.stdin {
                // If it has ended meanwhile, that shows in how it did.
                let _ = pipe.write_all(b"go on\n");
            }
        }
    }
    Ok(())
}
