//! A test that starts a program: it is gone at the test's end, at its failure, and at a Ctrl-C of `cargo test`.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use terminate_std::{Guard, RegisterError, defer, hold};

fn start() -> (ChildStdin, BufReader<ChildStdout>, Guard) {
    // No end begins inside `hold`: the program does not run yet, or there is a guard that kills it.
    hold(|| {
        let mut program = Command::new(env::var_os("PROGRAM").unwrap_or("cat".into()));
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let guard = defer(move |_| drop(child.kill().and(child.wait())));
        (input, BufReader::new(output), guard.map_err(RegisterError::call).unwrap())
    })
}

#[test]
fn a_line_comes_back() {
    let (mut input, output, _guard) = start();
    writeln!(input, "hello").unwrap();
    assert_eq!(output.lines().next().unwrap().unwrap(), "hello");
}
