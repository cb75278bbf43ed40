//! The feature `tracing`: what a subscriber gets. Each test starts itself as a child, which ends.

use std::env;
use std::fmt::{self, Write as _};
use std::process::Command;
use std::thread;

use terminate_std::{ExitStatus, Hook, terminate};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Says in the child how it is to end.
const CHILD: &str = "TERMINATE_TRACED_CHILD";

/// Prints each event as a line, without what differs from run to run.
struct Printer;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "elapsed" | "place" => write!(self.0, " {field}"),
            "message" => write!(self.0, " {value:?}"),
            _ => write!(self.0, " {field}={value:?}"),
        };
    }
}

impl Subscriber for Printer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "terminate"
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("# {}", thread::current().name().unwrap_or("unnamed")));
        event.record(&mut line);
        println!("{}", line.0);
        assert!(env::var_os("TERMINATE_TRACED_PANICS").is_none(), "a subscriber that panics");
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn be_child() -> ! {
    tracing::subscriber::set_global_default(Printer).unwrap();
    Hook::new(|_| println!("# the hook runs")).name("cleanup").register().unwrap();
    if env::var_os(CHILD).is_some_and(|end| end == "exit") {
        terminate(ExitStatus::Code(3));
    }
    // SAFETY: this ends the process.
    unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
    loop {
        thread::park();
    }
}

/// What a child printed that ended so, in the test of that name.
#[track_caller]
fn lines(test: &str, end: &str, panics: bool) -> Vec<String> {
    if env::var_os(CHILD).is_some() {
        be_child();
    }
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, end);
    if panics {
        child.env("TERMINATE_TRACED_PANICS", "1");
    }
    let output = child.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    // The test harness begins the first line.
    let lines: Vec<_> =
        printed.lines().filter_map(|line| line.find("# ").map(|at| line[at + 2..].to_owned())).collect();
    if panics {
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(messages.contains("the hook \"tracing subscriber\""), "{messages}");
    }
    lines
}

#[test]
fn a_signal_is_reported_from_the_request_to_the_end_by_the_runner() {
    let lines = lines("a_signal_is_reported_from_the_request_to_the_end_by_the_runner", "signal", false);
    let expected = [
        "terminate termination requested cause=SIGTERM",
        "terminate running the hooks cause=SIGTERM",
        "the hook runs",
        "terminate a hook has run name=\"cleanup\" place elapsed",
        "terminate calling the previous handler cause=SIGTERM",
        "terminate terminating cause=SIGTERM hooks=1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_exit_is_reported_on_the_runner_too() {
    let lines = lines("an_exit_is_reported_on_the_runner_too", "exit", false);
    let expected = [
        "terminate termination requested cause=exit",
        "terminate running the hooks cause=exit",
        "the hook runs",
        "terminate a hook has run name=\"cleanup\" place elapsed",
        "terminate terminating cause=exit hooks=1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_subscriber_that_panics_is_named_and_the_hooks_run() {
    let lines = lines("a_subscriber_that_panics_is_named_and_the_hooks_run", "signal", true);
    assert!(lines.contains(&"the hook runs".to_owned()), "{lines:?}");
    assert_eq!(lines.len(), 6, "{lines:?}");
}
