//! The examples do what they say: each is started, sent a signal, and judged by what it prints and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::{env, process};

fn command(name: &str) -> Command {
    let this = env::current_exe().unwrap();
    Command::new(this.ancestors().nth(2).unwrap().join("examples").join(name))
}

/// An example that runs. Should its test fail, it is killed.
struct Example {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Example {
    fn start(name: &str) -> Self {
        let mut command = command(name);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let prepare = || {
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGALRM] {
                // SAFETY: a test runner may have them ignored; the default is valid for all of them.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            // The backstop.
            // SAFETY: touches no memory. It goes on after the exec.
            unsafe { libc::alarm(60) };
            Ok(())
        };
        // SAFETY: system calls alone.
        unsafe { command.pre_exec(prepare) };
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn send(&self, signal: i32) {
        // SAFETY: touches no memory. The child has not been waited for.
        assert_eq!(unsafe { libc::kill(self.child.id().cast_signed(), signal) }, 0);
    }

    /// What else it prints, what it complains of, and how it ends.
    fn end(&mut self) -> (String, String, ExitStatus) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (out, err, self.child.wait().unwrap())
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_interrupted_computation_cleans_up_each_time_and_fails_at_the_second_ctrl_c() {
    let mut example = Example::start("interrupt");
    assert!(example.line().starts_with("looking for primes"));
    example.send(libc::SIGINT);
    assert_eq!(example.line(), "cleaning up after SIGINT");
    assert!(example.line().ends_with("primes so far; press Ctrl-C again to stop"));
    example.send(libc::SIGINT);
    let (out, err, status) = example.end();
    assert_eq!(out, "cleaning up after SIGINT\n");
    assert_eq!(err, "Error: Interrupt\n");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn the_sender_is_logged_with_its_pid_and_uid() {
    let mut example = Example::start("sender");
    assert!(example.line().starts_with("waiting; try: kill "));
    example.send(libc::SIGTERM);
    let (out, _, status) = example.end();
    // SAFETY: cannot fail.
    let sender = format!("SIGTERM from pid {} (uid {}), ", process::id(), unsafe { libc::getuid() });
    assert!(out.starts_with(&sender) && out.ends_with(" ago\n"), "{out:?}");
    assert_eq!(status.signal(), Some(libc::SIGTERM));
}

#[test]
fn the_server_answers_what_is_under_way_and_then_ends_by_the_signal() {
    let mut example = Example::start("graceful");
    let line = example.line();
    let address = line.strip_prefix("listening on ").unwrap().split(' ').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut answer = |question: &str| {
        writeln!(stream, "{question}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{question}\n"));
    };
    answer("before");
    example.send(libc::SIGTERM);
    assert_eq!(example.line(), "SIGTERM: answering what is under way");
    answer("within the grace");
    drop((stream, answers));
    let (out, _, status) = example.end();
    assert_eq!(out, "the end, by SIGTERM\n");
    assert_eq!(status.signal(), Some(libc::SIGTERM));
}

#[test]
fn the_server_does_not_wait_for_an_idle_client_longer_than_the_grace() {
    let mut example = Example::start("graceful");
    let line = example.line();
    let address = line.strip_prefix("listening on ").unwrap().split(' ').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    writeln!(stream, "hello").unwrap();
    answers.read_line(&mut String::new()).unwrap();
    example.send(libc::SIGTERM);
    let (out, _, status) = example.end();
    assert_eq!(out, "SIGTERM: answering what is under way\nthe end, by SIGTERM\n");
    assert_eq!(status.signal(), Some(libc::SIGTERM));
}

#[test]
fn the_guide_has_what_the_tours_cases_do_otherwise_on_other_platforms() {
    let differences = String::from_utf8(command("tour").arg("--differences").output().unwrap().stdout).unwrap();
    let page = include_str!("../src/guide/platforms.md");
    assert!(
        page.ends_with(&format!("but for these:\n\n{differences}")),
        "the page ends otherwise than with\n{differences}"
    );
}
