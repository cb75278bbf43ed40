//! What the command says: a finding with all that is needed to have it again, and nothing of a storm that tested nothing.

#![cfg(target_os = "linux")]

use std::process::{Command, Output};

fn storm(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_storm")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first line that begins so, without that.
#[track_caller]
fn line<'t>(text: &'t str, start: &str) -> &'t str {
    text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no {start:?} in {text}"))
}

#[test]
fn a_storm_in_which_no_hook_ran_has_tested_nothing_and_says_so() {
    let run = storm(&["--log", "--rounds", "3", "--status", "0", "--", "true"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(text(&run.stderr).contains("no hook ran in any round"), "{run:?}");
    // It does not promise any without a log.
    assert_eq!(storm(&["--rounds", "3", "--", "true"]).status.code(), Some(0));
}

#[test]
fn a_finding_has_what_the_program_said_and_a_line_that_plays_it_again() {
    let run =
        storm(&["--rounds", "4", "--signals", "TERM", "--rate", "1", "--", "sh", "-c", "echo it is taken >&2; exit 1"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let said = text(&run.stdout);
    assert!(said.contains("it said: it is taken"), "{said}");
    assert!(!said.contains("hooks run"), "nothing is known of hooks: {said}");

    let again = line(&said, "again: storm ");
    assert!(again.ends_with(" --signals TERM --rate 1 -- sh -c 'echo it is taken >&2; exit 1'"), "{again}");
    let shell = format!("exec '{}' {again}", env!("CARGO_BIN_EXE_storm"));
    let run = Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(text(&run.stdout).starts_with("100 rounds of sh -c"), "{run:?}");
}

#[test]
fn a_schedule_is_played_again_as_it_is_and_not_as_its_seed_would_have_it() {
    let schedule = "seed=5 exit=wait hooks=0 threads=0 nap=0 work=0 safe=0 signals=TERM | 900000us kill TERM";
    let run = storm(&["--schedule", schedule, "--rounds", "2", "--", "false"]);
    assert_eq!(line(&text(&run.stdout), "again: "), format!("storm --schedule '{schedule}' -- false"));
}

#[test]
fn a_shrunk_schedule_comes_with_the_command() {
    let run = storm(&["--rounds", "1", "--shrink", "--", "false"]);
    let said = text(&run.stderr);
    assert!(line(&said, "still fails: ").ends_with("' -- false"), "{said}");
}
