//! Every way in which a program ends, and what its hooks make of it.
//!
//! Starts itself as child processes that return, exit, panic, fault and get signals, and judges each from the outside.
//! Run `cargo run --example tour -- --help` for the options. This file is the command line.

mod cases;
mod child;
mod log;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod os;
mod parent;
mod platforms;
mod report;

use std::error::Error;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use lexopt::{Arg, Parser, ValueExt};

use cases::Case;
use report::Format;

const HELP: &str = "\
Ends child processes in every way there is, and checks which hooks ran and how the process ended.

Usage: tour [--json] [--case NAME] [--on PLATFORM]...

  --case NAME    run one case, and tell what happens as it happens
  --on PLATFORM  expect what differs there from Linux with glibc
  --json         print an array of {case, hooks, ended, expected, ok, differs}
  --list         print the names of the cases
  --differences  print what --on knows, as a table
  -h, --help     print this

On a terminal it prints a table, with colours unless NO_COLOR is set; elsewhere, lines. The exit code is 0 if everything
was as expected, 1 if not, 2 if the command line is wrong.
";

const WRONG_COMMAND_LINE: u8 = 2;

enum Command {
    Help,
    List,
    Differences,
    Judge {
        case: Option<Case>,
        json: bool,
        platforms: Vec<String>,
    },
    /// What the tour starts itself with. This process then is the one that ends.
    Child(Case),
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let command = match command_line() {
        Ok(command) => command,
        Err(error) => {
            eprintln!("tour: {error}");
            return Ok(WRONG_COMMAND_LINE.into());
        }
    };
    if let Command::Child(case) = command {
        (case.child)()?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if carry_out(&command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn command_line() -> Result<Command, lexopt::Error> {
    let (mut case, mut json, mut platforms) = (None, false, Vec::new());
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("case") => case = Some(named(&mut arguments)?),
            Arg::Long("json") => json = true,
            Arg::Long("on") => platforms.push(platforms::named(arguments.value()?.string()?)?),
            Arg::Long("list") => return Ok(Command::List),
            Arg::Long("differences") => return Ok(Command::Differences),
            Arg::Long(parent::CHILD) => return named(&mut arguments).map(Command::Child),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Judge { case, json, platforms })
}

fn named(arguments: &mut Parser) -> Result<Case, lexopt::Error> {
    let name = arguments.value()?.string()?;
    Case::named(&name).ok_or_else(|| {
        let names: Vec<_> = cases::all().map(|case| case.name).collect();
        format!("there is no case {name:?}; the cases are {}", names.join(", ")).into()
    })
}

/// Whether everything was as expected.
fn carry_out(command: &Command) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match command {
        Command::Help => if_read(write!(out, "{HELP}"))?,
        Command::Differences => if_read(write!(out, "{}", platforms::table()))?,
        Command::Child(_) | Command::List => {
            for case in cases::all() {
                if_read(writeln!(out, "{}", case.name))?;
            }
        }
        Command::Judge { case: Some(case), json: false, platforms } => {
            let verdict =
                parent::judge(platforms::on(platforms, *case), |event| if_read(report::narrate(&mut out, event)))?;
            if_read(report::conclude(&mut out, &verdict))?;
            return Ok(verdict.is_ok());
        }
        Command::Judge { case, json, platforms } => {
            let start = Instant::now();
            let mut verdicts = Vec::new();
            for case in cases::all().filter(|other| case.is_none_or(|case| case.name == other.name)) {
                verdicts.push(parent::judge(platforms::on(platforms, case), |_| Ok(()))?);
            }
            let format = Format::of(*json, out.is_terminal());
            if_read(report::all(&mut out, format, &verdicts, start.elapsed()))?;
            return Ok(verdicts.iter().all(parent::Verdict::is_ok));
        }
    }
    Ok(true)
}

/// Whoever closes the pipe has seen enough; the exit code still tells the truth.
fn if_read(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
