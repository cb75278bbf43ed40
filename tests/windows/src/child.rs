//! A fixture that runs: what it says, what it reads, and its end, all with a deadline.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::mem;
use std::path::PathBuf;
use std::process::{self, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::event::{self, Event};
use crate::outcome::Outcome;

/// The backstop: nothing here is to take so long.
const LIMIT: Duration = Duration::from_mins(1);

/// A fixture that runs. If the test fails, it is killed.
pub struct Child {
    process: process::Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    reports: Receiver<String>,
    said: Vec<String>,
    stderr: String,
    scenario: String,
    deadline: Instant,
}

/// Where the fixture is: beside this test.
fn fixture() -> PathBuf {
    let this = env::current_exe().expect("this program has a path");
    let above = this.ancestors().nth(1).expect("it is in a directory");
    let directory = if above.ends_with("deps") { above.parent().expect("below another one") } else { above };
    directory.join("fixture.exe")
}

impl Child {
    /// Starts the fixture: the scenario with its arguments, with spaces between them.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(scenario: &str) -> Self {
        Self::of(fixture(), scenario)
    }

    /// As [`start`](Self::start), of another program.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn of(program: impl AsRef<OsStr>, scenario: &str) -> Self {
        let mut command = Command::new(program);
        command.args(scenario.split(' ')).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the fixture can be started");
        let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (to_lines, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = stdout.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok);
            lines.for_each(|line| drop(to_lines.send(line)));
        });
        let (to_text, reports) = mpsc::channel();
        thread::spawn(move || {
            let lines = stderr.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok);
            lines.for_each(|line| drop(to_text.send(line)));
        });
        let (scenario, deadline) = (scenario.to_owned(), Instant::now() + LIMIT);
        Self { process, stdin, lines, reports, said: Vec::new(), stderr: String::new(), scenario, deadline }
    }

    /// Starts the fixture, and waits until it is ready.
    #[must_use]
    pub fn ready(scenario: &str) -> Self {
        let mut child = Self::start(scenario);
        child.expect("ready");
        child
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a console event.
    #[must_use]
    pub fn event(self, event: Event) -> Self {
        event::send(self.process.id(), event);
        self
    }

    /// Writes it a line. If it is gone by now, its end will show it.
    pub fn send(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// Reads until it has said that.
    ///
    /// # Panics
    ///
    /// If it ends or the deadline comes first.
    #[track_caller]
    pub fn expect(&mut self, line: &str) {
        loop {
            match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
                Ok(said) => {
                    let is_it = said == line;
                    self.said.push(said);
                    if is_it {
                        return;
                    }
                }
                Err(error) => panic!("{}: no {line:?} ({error}), but {:?}", self.scenario, self.said),
            }
        }
    }

    /// As [`expect`](Self::expect).
    #[must_use]
    #[track_caller]
    pub fn until(mut self, line: &str) -> Self {
        self.expect(line);
        self
    }

    /// Reads until there is a line with these words on its standard error.
    ///
    /// # Panics
    ///
    /// If it ends or the deadline comes first.
    #[must_use]
    #[track_caller]
    pub fn until_reported(mut self, words: &str) -> Self {
        while !self.stderr.contains(words) {
            let line = self.reports.recv_timeout(self.deadline.saturating_duration_since(Instant::now()));
            let line =
                line.unwrap_or_else(|error| panic!("{}: no {words:?} ({error}), but {:?}", self.scenario, self.stderr));
            self.stderr += &line;
            self.stderr += "\n";
        }
        self
    }

    /// Kills it, as the task manager does.
    ///
    /// # Panics
    ///
    /// If the system refuses.
    pub fn kill(&mut self) {
        self.process.kill().expect("it is there");
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If the deadline comes first.
    #[must_use]
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        loop {
            match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
                Ok(said) => self.said.push(said),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("{}: no end, but {:?}", self.scenario, self.said),
            }
        }
        while let Ok(line) = self.reports.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            self.stderr += &line;
            self.stderr += "\n";
        }
        let code = self.process.wait().expect("it is waited for once").code().expect("each process has a code");
        Outcome {
            scenario: self.scenario.clone(),
            said: mem::take(&mut self.said),
            stderr: mem::take(&mut self.stderr),
            code,
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // If it has ended, nothing happens.
        let _ = self.process.kill();
    }
}
