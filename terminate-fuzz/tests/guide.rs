//! `docs/storm-your-program.md` stays true: its programs are the examples, word for word, and the storm says of them what the
//! guide says.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use terminate_fuzz::storm::{Invariant, Outcome, Signal, Storm, Target};

const GUIDE: &str = include_str!("../../docs/storm-your-program.md");

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Built here, unless `TERMINATE_EXAMPLES` says where it is: a test that is run by its name alone finds no examples, or old ones.
fn built(name: &str) -> PathBuf {
    if let Some(directory) = env::var_os("TERMINATE_EXAMPLES") {
        return Path::new(&directory).join(name);
    }
    let target = Path::new(env!("CARGO_BIN_EXE_storm")).ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "terminate-fuzz", "--example", name, "--target-dir"]).arg(target);
    assert!(cargo.status().unwrap().success());
    target.join("debug/examples").join(name)
}

fn storm(target: Target) -> Storm {
    Storm::new(target).signals([(Signal::TERM, 2), (Signal::INT, 1), (Signal::HUP, 1)])
}

fn found(outcome: &Outcome) -> Vec<Invariant> {
    outcome.tally.violations.keys().copied().collect()
}

#[test]
fn the_programs_of_the_guide_are_the_examples() {
    for name in ["worker.rs", "worker_buggy.rs", "worker.py"] {
        let example = fs::read_to_string(examples().join(name)).unwrap();
        assert!(GUIDE.contains(&format!("\n{example}```\n")), "docs/storm-your-program.md does not have {name}");
    }
}

#[test]
fn every_option_in_the_guide_is_one_of_the_command() {
    let help = Command::new(env!("CARGO_BIN_EXE_storm")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let ours = GUIDE
        .lines()
        .filter(|line| !line.contains("cargo") && (line.contains("storm --") || line.starts_with("- `--")));
    let options: Vec<_> = ours
        .flat_map(|line| line.split(" -- ").next().into_iter().flat_map(|line| line.split([' ', '`'])))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()))
        .collect();
    assert!(options.len() > 20, "{options:?}");
    for option in options {
        assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}");
    }
}

#[test]
fn the_worker_holds_and_the_one_with_a_mistake_is_found_out() {
    let outcome = storm(Target::with_log([built("worker")])).rounds(200).run().unwrap();
    assert_eq!(found(&outcome), [], "{:?}", outcome.failures.first());
    assert!(outcome.tally.hooks > 20, "{:?}", outcome.tally);
    let outcome = storm(Target::with_log([built("worker_buggy")])).rounds(300).run().unwrap();
    assert!(found(&outcome).contains(&Invariant::RanTwice), "{:?}", outcome.tally);
}

#[test]
fn the_worker_in_python_holds() {
    // The interpreter itself: what is called `python3` may be a shell script, with an end of its own.
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output().unwrap();
    let python = String::from_utf8(python.stdout).unwrap();
    let target = Target::with_log([python.into(), examples().join("worker.py").into_os_string()]);
    // Time to start, on a machine that is busy, too: before its first line nothing is tested.
    let storm = Storm::new(target).signals([(Signal::TERM, 1)]).after(Duration::from_secs(2));
    let outcome = storm.window(Duration::from_millis(50)).rate(100).rounds(8).run().unwrap();
    assert_eq!(found(&outcome), [], "{:?}", outcome.failures.first());
    assert!(outcome.tally.hooks > 0, "{:?}", outcome.tally);
}
