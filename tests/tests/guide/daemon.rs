//! A daemon: at each reload it goes on with another log, and it loses no line at a reload or at its end.

use std::fs;

use terminate_tests::{Ended, Fixture, Random, Signal, kernel};

const RELOADS: usize = 3;

/// Returns how many lines were logged.
fn reload_and_end(random: &mut Random) -> usize {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let child = Fixture::of_example("guide_daemon", log.to_str().unwrap()).start();
    let child = child.until_ready();
    let mut logs: Vec<_> = (0..RELOADS).map(|n| place.path().join(n.to_string())).collect();
    for old in &logs {
        random.dawdle(3_000_000);
        fs::rename(&log, old).unwrap();
        child.signal(Signal::HUP);
        kernel::until("there is a new log", || log.exists());
    }
    random.dawdle(3_000_000);
    child.signal(Signal::TERM);
    child.finish().must_end(Ended::by(Signal::TERM));
    logs.push(log);
    let text: String = logs.iter().map(|log| fs::read_to_string(log).unwrap()).collect();
    let lines: Vec<_> = text.lines().collect();
    let jobs = lines.len() - 1;
    let all = (1..=jobs).map(|job| format!("job {job}")).chain(["SIGTERM".to_owned()]);
    assert!(all.eq(lines), "{text}");
    jobs
}

#[test]
fn the_daemon_loses_no_line_at_reloads_and_at_its_end() {
    let mut random = Random::seeded();
    let rounds = crate::rounds(10);
    let lines: usize = (0..rounds).map(|_| reload_and_end(&mut random)).sum();
    println!("{rounds} processes, {RELOADS} reloads each: 0 of {lines} lines lost");
}

#[test]
fn a_reload_in_the_daemon_that_fails_keeps_the_old_log() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let child = Fixture::of_example("guide_daemon", log.to_str().unwrap()).start();
    let child = child.until_ready();
    let old = place.path().join("old");
    fs::rename(&log, &old).unwrap();
    fs::create_dir(&log).unwrap();
    child.signal(Signal::HUP);
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    outcome.must_complain("the log stays the old one");
    assert!(fs::read_to_string(old).unwrap().ends_with("\nSIGTERM\n"));
}
