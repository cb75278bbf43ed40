//! The storm finds bugs: a target without any passes, and each known bug is found by its name, again and in short.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::Duration;

use terminate_fuzz::storm::{Invariant, Schedule, Signal, Storm, Target};

fn storm(bug: &str) -> Storm {
    let target = Target::with_log([env!("CARGO_BIN_EXE_storm"), "plain-target", bug]);
    let storm = Storm::new(target).signals([(Signal::TERM, 1), (Signal::INT, 1)]).window(Duration::from_millis(4));
    storm.rate(800).seed(7).rounds(80).deadline(Duration::from_millis(if bug == "hang" { 300 } else { 3_000 }))
}

/// The bug is found, by that name and no other; its seed gives the schedule again, which fails again, and so does what
/// the shrinker makes of it. A schedule gives the instants again, not the machine's load, so one that failed because its
/// target was slow is no example.
#[track_caller]
fn finds(bug: &str, invariants: &[Invariant]) {
    let storm = storm(bug);
    let outcome = storm.run().unwrap();
    let kinds: Vec<_> = outcome.tally.violations.keys().copied().collect();
    assert_eq!(kinds, invariants, "{:?}", outcome.failures.first());

    let fails = |schedule: &Schedule| {
        let again = storm.repeat(schedule, 40).unwrap();
        again.tally.violations.contains_key(&invariants[0])
    };
    let first = outcome.failures.iter().find(|failure| fails(&failure.schedule)).expect("none fails again");
    assert_eq!(storm.schedule(first.seed), first.schedule);
    assert_eq!(first.schedule.to_string().parse().as_ref(), Ok(&first.schedule));

    let shrunk = storm.shrink(&first.schedule, invariants[0], 10).unwrap();
    assert!(shrunk.actions.len() <= first.schedule.actions.len().min(3), "{shrunk}");
    assert!(shrunk.actions.iter().any(|action| action.what.ending() == Some(Signal::INT)), "{shrunk}");
    assert!(fails(&shrunk), "not in short: {shrunk}");
}

#[test]
fn a_target_without_a_bug_passes() {
    let outcome = storm("none").rounds(400).run().unwrap();
    assert_eq!((outcome.tally.rounds, outcome.tally.failed), (400, 0), "{:?}", outcome.failures.first());
    // Hooks ran, and signals came both before and after they were armed: otherwise nothing was tested.
    let (hooks, moments) = (outcome.tally.hooks, &outcome.tally.moments);
    assert!(hooks > 200 && ["starting up", "with hooks"].iter().all(|one| moments.contains_key(one)), "{moments:?}");
}

#[test]
fn a_hook_that_runs_twice_is_found() {
    finds("twice", &[Invariant::RanTwice]);
}

#[test]
fn a_forgotten_hook_is_found() {
    finds("forgotten", &[Invariant::NeverRan]);
}

#[test]
fn a_reversed_order_is_found() {
    finds("reversed", &[Invariant::WrongOrder]);
}

#[test]
fn a_wrong_status_is_found() {
    finds("status", &[Invariant::WrongStatus]);
}

#[test]
fn a_hang_is_found_and_ended() {
    finds("hang", &[Invariant::Hang]);
}

#[test]
fn a_file_that_is_left_is_found() {
    finds("file", &[Invariant::LostFile]);
}

#[test]
fn an_interrupted_hook_is_found() {
    let outcome = storm("interrupted").rounds(200).run().unwrap();
    assert!(outcome.tally.violations.contains_key(&Invariant::Interrupted), "{:?}", outcome.tally);
    let is_it = |found: &&terminate_fuzz::storm::Failure| {
        found.violations.iter().any(|violation| violation.invariant == Invariant::Interrupted)
    };
    let first = outcome.failures.iter().find(is_it).unwrap();
    let shrunk = storm("interrupted").shrink(&first.schedule, Invariant::Interrupted, 20).unwrap();
    // One signal to begin a hook, and one to interrupt it.
    assert_eq!(shrunk.actions.len(), 2, "{shrunk}");
}

#[test]
fn a_core_that_is_not_left_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut bare = Command::new("sh");
    bare.args(["-c", "ulimit -c unlimited; kill -QUIT $$"]).current_dir(directory.path());
    if !bare.status().unwrap().core_dumped() {
        // Not by a macro, whose output is kept from those who have to see it.
        return writeln!(io::stdout(), "SKIPPED: a_core_that_is_not_left_is_found: no core is left here").unwrap();
    }
    let kinds = |bug: &str| {
        let target = Target::with_log([env!("CARGO_BIN_EXE_storm"), "plain-target", bug]).with_cores();
        let quit = "QUIT".parse().unwrap();
        let outcome = Storm::new(target).signals([(quit, 1), (Signal::TERM, 1)]).rounds(60).seed(7).run().unwrap();
        assert!(outcome.tally.ends.contains_key("SIGQUIT"), "{:?}", outcome.tally.ends);
        outcome.tally.violations.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(kinds("none"), []);
    assert_eq!(kinds("core"), [Invariant::WrongStatus]);
}

/// Two processes that write one file of that name at once: the kernel may leave either without.
#[test]
fn a_core_is_not_asked_for_where_a_child_was_ended_in_the_same_way() {
    let target = Target::without_log(["sh", "-c", "sleep 100; true"]).with_cores();
    let quit_both: Schedule =
        "seed=1 exit=return hooks=1 threads=1 nap=0 work=0 safe=0 signals=QUIT | 10000us group QUIT".parse().unwrap();
    let outcome = Storm::new(target).repeat(&quit_both, 200).unwrap();
    assert_eq!(
        (outcome.tally.ends.get("SIGQUIT"), outcome.tally.failed),
        (Some(&200), 0),
        "{:?}",
        outcome.failures.first()
    );
}

/// The same without a log: what can be seen from the outside is.
#[test]
fn without_a_log_a_hang_a_wrong_status_and_a_file_are_found() {
    let script = |text: &str| Storm::new(Target::without_log(["sh", "-c", text])).rounds(30).seed(2);
    let kinds = |storm: Storm| storm.run().unwrap().tally.violations.into_keys().collect::<Vec<_>>();
    assert_eq!(kinds(script("exit 3")), [Invariant::WrongStatus]);
    assert_eq!(kinds(script("touch left; exit 0")), [Invariant::LostFile]);
    let hangs = script("trap '' TERM INT HUP; sleep 100");
    let hangs = hangs.signals([(Signal::TERM, 1)]).deadline(Duration::from_millis(200));
    assert!(kinds(hangs.rounds(4)).contains(&Invariant::Hang));
}

/// The command, with these arguments.
fn command(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_storm")).args(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn the_command_finds_nothing_in_its_own_target_and_writes_a_page() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("storm.html");
    let (code, summary) = command(&["--rounds", "300", "--seed", "5", "--html", page.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{summary}");
    assert!(
        summary.contains("300 rounds of terminate-std, seed 5") && summary.contains("\n0 violations\n"),
        "{summary}"
    );
    assert!(fs::read_to_string(&page).unwrap().contains("<svg"));
}

#[test]
fn the_command_names_what_it_finds_and_plays_it_again_by_its_seed() {
    let target = ["--log", "--signals", "INT", "--", env!("CARGO_BIN_EXE_storm"), "plain-target", "twice"];
    let (code, summary) = command(&[&["--rounds", "20"], &target[..]].concat());
    assert_eq!(code, Some(1), "{summary}");
    assert!(summary.contains("ran twice: newer ran 2 times"), "{summary}");
    let (_, seed) = summary.split_once("again: storm --replay ").unwrap();
    let seed = seed.split_whitespace().next().unwrap();
    let (code, summary) = command(&[&["--rounds", "20", "--replay", seed], &target[..]].concat());
    assert!(code == Some(1) && summary.contains("ran twice"), "{summary}");
    // One that cannot be started is something else.
    assert_eq!(command(&["--log", "--", "/not/there"]).0, Some(2));
}
