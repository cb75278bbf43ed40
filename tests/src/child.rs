//! A fixture that runs: what it says, what it reads, and its end, all with a deadline.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::mem::MaybeUninit;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{env, thread};

use terminate_std::Signal;

use crate::{Ended, Fixture, Outcome, os};

/// The backstop: on an idle machine nothing here takes a twentieth of it, and on a busy one it is not to decide anything.
/// Where tests are to fail, as a bug may hang, `TERMINATE_TEST_LIMIT` says another number of seconds.
pub(crate) fn limit() -> Duration {
    let seconds = env::var("TERMINATE_TEST_LIMIT").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(180))
}

/// A fixture that runs. If the test fails, it is killed.
pub struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Receiver<String>,
    events: Vec<String>,
    scenario: String,
    deadline: Instant,
}

impl Child {
    /// Starts the fixture: the scenario with its arguments, with spaces between them.
    #[must_use]
    pub fn start(scenario: &str) -> Self {
        Fixture::new(scenario).start()
    }

    /// Starts the fixture, and waits until it is ready.
    #[must_use]
    pub fn ready(scenario: &str) -> Self {
        Self::start(scenario).until_ready()
    }

    pub(crate) fn new(mut process: std::process::Child, scenario: String) -> Self {
        let stdin = process.stdin.take();
        let lines = process.stdout.take().map(read_lines).expect("stdout is a pipe");
        let stderr = process.stderr.take().map(read_all).expect("stderr is a pipe");
        Self { process, stdin, lines, stderr, events: Vec::new(), scenario, deadline: Instant::now() + limit() }
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it ends or the deadline comes first.
    #[must_use]
    pub fn until_ready(mut self) -> Self {
        self.expect("ready");
        self
    }

    /// What it has said, as far as it was read.
    #[must_use]
    pub fn events(&self) -> &[String] {
        &self.events
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.process.id().cast_signed()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        os::kill(self.pid(), signal);
    }

    /// Writes it a line. If it is gone by now, its end will show it.
    pub fn send(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// Writes it these bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes);
        }
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Reads until it has said that.
    ///
    /// # Panics
    ///
    /// If it ends or the deadline comes first.
    #[track_caller]
    pub fn expect(&mut self, event: &str) {
        self.expect_start(event, str::is_empty);
    }

    /// Reads until it has said something that begins like that, and returns the rest.
    ///
    /// # Panics
    ///
    /// If it ends or the deadline comes first.
    #[track_caller]
    pub fn expect_value(&mut self, start: &str) -> String {
        self.expect_start(start, |_| true)
    }

    #[track_caller]
    fn expect_start(&mut self, start: &str, accept: impl Fn(&str) -> bool) -> String {
        loop {
            match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let rest = line.strip_prefix(start).filter(|rest| accept(rest)).map(str::to_owned);
                    self.events.push(line);
                    if let Some(rest) = rest {
                        return rest;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => panic!("{start:?} never came: {:#?}", self.end()),
                Err(RecvTimeoutError::Timeout) => self.give_up(&format!("still waiting for {start:?}")),
            }
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If the deadline comes first.
    #[track_caller]
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.end()
    }

    #[track_caller]
    fn end(&mut self) -> Outcome {
        if !self.has_ended_in_time() {
            self.give_up("it does not end");
        }
        let status = self.process.wait().expect("no other thread waits for it");
        self.stdin = None;
        // Its own children may have the pipes still.
        loop {
            match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.events.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.give_up("it has ended, but another process has its stdout still")
                }
            }
        }
        Outcome {
            scenario: self.scenario.clone(),
            events: std::mem::take(&mut self.events),
            ended: Ended::from(status),
            stderr: self.stderr.recv_timeout(limit()).unwrap_or_default(),
        }
    }

    fn has_ended_in_time(&self) -> bool {
        let (sender, ended) = mpsc::channel();
        let pid = self.process.id() as libc::id_t;
        thread::spawn(move || {
            let mut info = MaybeUninit::uninit();
            // It stays a child that is to be waited for.
            let how = libc::WEXITED | libc::WNOWAIT;
            // SAFETY: writes to `info`.
            while unsafe { libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), how) } != 0 {
                assert_eq!(io::Error::last_os_error().kind(), io::ErrorKind::Interrupted);
            }
            let _ = sender.send(());
        });
        ended.recv_timeout(self.deadline.saturating_duration_since(Instant::now())).is_ok()
    }

    #[track_caller]
    fn give_up(&mut self, why: &str) -> ! {
        self.kill();
        self.events.extend(self.lines.try_iter());
        let stderr = self.stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        panic!("{}: {why}, after {:?}; it said {:#?}, and on stderr: {stderr}", self.scenario, limit(), self.events);
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    lines
}

fn read_all(mut stderr: ChildStderr) -> Receiver<String> {
    let (sender, text) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stderr.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    text
}
