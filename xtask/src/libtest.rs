//! What libtest prints: how many tests passed, and how one of them ended.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Result, ensure};
use xshell::Cmd;

/// What the process tests write when the machine does not give them what they need (`skipped` in `tests/src`).
const SKIPPED: &str = "SKIPPED: ";

/// Sums of the `test result:` lines, and what was not done though its test passed.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: BTreeSet<String>,
    /// Whole steps that this machine does not allow: nothing of them is counted as passed.
    pub(crate) not_done: BTreeSet<String>,
}

impl Tally {
    fn read(&mut self, line: &str) {
        // libtest may have begun the line.
        if let Some((_, skipped)) = line.split_once(SKIPPED) {
            self.skipped.insert(skipped.to_owned());
        }
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for part in result.split(['.', ';']) {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped.iter().cloned());
    }

    pub(crate) fn of(output: &str) -> Self {
        let mut tally = Self::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.skipped.len() + self.not_done.len();
        write!(f, "{} passed, {} failed, {skipped} skipped", self.passed, self.failed)?;
        self.not_done.iter().try_for_each(|step| write!(f, "\n  skipped: {step}"))?;
        self.skipped.iter().try_for_each(|skipped| write!(f, "\n  skipped, though counted as passed: {skipped}"))
    }
}

/// Runs a `cargo test`, shows what it prints, and adds up its results; fails if it does.
pub(crate) fn run(cargo_test: Cmd<'_>, tally: &mut Tally) -> Result<()> {
    println!("$ {cargo_test}");
    // Most process tests wait for their children.
    let threads = thread::available_parallelism().map_or(1, |processors| 2 * processors.get());
    let cargo_test = cargo_test.env("RUST_TEST_THREADS", threads.to_string());
    let mut child = Command::from(cargo_test).stdout(Stdio::piped()).spawn()?;
    let lines = child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).split(b'\n'));
    for line in lines {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.read(&line);
    }
    let status = child.wait()?;
    ensure!(status.success(), "cargo test failed ({status})");
    Ok(())
}

/// How a test program that was told to run one test alone ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// The test failed, in libtest's words or by taking the whole process down with a signal.
    Failed,
    /// The program has no such test, or ignores it.
    Missing,
    /// Ended by the deadline.
    Hung,
    /// Ended neither as a test that fails does nor as one that passes.
    Odd,
}

/// The verdict on one test; `status` is `None` if the deadline ended it.
pub(crate) fn verdict(status: Option<ExitStatus>, stdout: &str) -> Verdict {
    const TESTS_FAILED: i32 = 101;
    let Some(status) = status else { return Verdict::Hung };
    let tally = Tally::of(stdout);
    match status.code() {
        Some(0) if tally == Tally::default() => Verdict::Missing,
        Some(0) if tally.failed == 0 => Verdict::Passed,
        Some(TESTS_FAILED) if tally.failed > 0 => Verdict::Failed,
        None if status.signal().is_some() && stdout.contains("running 1 test\n") => Verdict::Failed,
        _ => Verdict::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitStatus, ExitStatusExt, Tally, Verdict, verdict};

    const RED: &str = "\nrunning 1 test\ntest a::b ... FAILED\n\nfailures:\n\n\
        test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s\n";
    const GREEN: &str = "\nrunning 1 test\ntest a::b ... ok\n\n\
        test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s\n";
    const NONE: &str =
        "\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 4 filtered out\n";

    fn of_one(code: i32, stdout: &str) -> Verdict {
        verdict(Some(ExitStatus::from_raw(code << 8)), stdout)
    }

    #[test]
    fn the_results_of_all_programs_are_added_up() {
        let output = format!("{RED}{GREEN}test result: ok. 12 passed; 0 failed; 1 ignored\ntest result: odd\n");
        assert_eq!(Tally::of(&output), Tally { passed: 13, failed: 1, ..Tally::default() });
    }

    #[test]
    fn what_was_skipped_is_told_once_beside_what_passed() {
        let tally = Tally::of(&format!("test c ... SKIPPED: no room\nSKIPPED: d: no time\nSKIPPED: no room\n{GREEN}"));
        let told = tally.to_string();
        assert_eq!(told.lines().next(), Some("1 passed, 0 failed, 2 skipped"));
        assert!(told.ends_with(": d: no time\n  skipped, though counted as passed: no room"), "{told}");
    }

    #[test]
    fn a_step_that_is_not_done_counts_as_skipped() {
        let not_done = ["no package".to_owned()].into();
        let told = Tally { passed: 2, not_done, ..Tally::default() }.to_string();
        assert_eq!(told, "2 passed, 0 failed, 1 skipped\n  skipped: no package");
    }

    #[test]
    fn a_test_is_judged_by_its_result_line_and_the_status_together() {
        assert_eq!(of_one(0, GREEN), Verdict::Passed);
        assert_eq!(of_one(101, RED), Verdict::Failed);
        assert_eq!(of_one(0, RED), Verdict::Odd);
        assert_eq!(of_one(101, GREEN), Verdict::Odd);
    }

    #[test]
    fn a_test_that_does_not_exist_has_not_failed() {
        assert_eq!(of_one(0, NONE), Verdict::Missing);
    }

    #[test]
    fn a_test_that_takes_the_process_down_has_failed() {
        let aborted = Some(ExitStatus::from_raw(6));
        assert_eq!(verdict(aborted, "\nrunning 1 test\ntest a::b ... "), Verdict::Failed);
        assert_eq!(verdict(aborted, ""), Verdict::Odd);
    }

    #[test]
    fn the_deadline_is_not_a_failure() {
        assert_eq!(verdict(None, RED), Verdict::Hung);
    }
}
