//! What came of each part of each platform, as one table, and below it why something differs, was skipped, or was not to be had.

use std::collections::BTreeSet;

use crate::libtest::Tally;
use crate::table;
use crate::tour::Case;

pub(super) struct Row {
    pub(super) platform: String,
    /// How it was verified; empty if it was not.
    pub(super) how: String,
    pub(super) part: &'static str,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    /// It compiles, or links; there is nothing to count.
    Built,
    Ran(Count),
    Failed(Count, String),
    /// This machine lacks something.
    NotVerified(String),
}

/// Cases or tests. Those that differ or were skipped are not among those that passed.
#[derive(Default)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) differ: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    /// Why some differ or were skipped.
    pub(super) notes: Vec<String>,
}

impl Count {
    /// Nothing failed.
    pub(super) fn passed(passed: u64) -> Self {
        Self { passed, ..Self::default() }
    }

    /// Of the tour.
    pub(super) fn of_cases(cases: &[Case]) -> Self {
        let mut count = Self::default();
        for case in cases {
            let number = match (case.ok, case.differs.is_empty()) {
                (false, _) => &mut count.failed,
                (true, true) => &mut count.passed,
                (true, false) => &mut count.differ,
            };
            *number += 1;
            if !case.differs.is_empty() {
                count.notes.push(format!("{} differs: {}", case.name, case.differs));
            }
        }
        count
    }

    /// Of tests, and of those that were not even started, by their reasons.
    pub(super) fn of_tests(tally: &Tally, left_out: &[(&str, Vec<&str>)]) -> Self {
        // A test that says that it is skipped has passed for libtest. It may say so of several of its parts.
        let tests: BTreeSet<_> = tally.skipped.iter().map(|line| line.split(':').next()).collect();
        let said_so = tests.len() as u64;
        let mut notes: Vec<_> = tally.skipped.iter().map(|line| format!("skipped: {line}")).collect();
        notes.extend(
            left_out.iter().map(|(why, tests)| format!("skipped {}: {why}: {}", tests.len(), tests.join(", "))),
        );
        let left_out = left_out.iter().map(|(_, tests)| tests.len() as u64).sum::<u64>();
        Self {
            passed: tally.passed.saturating_sub(said_so),
            skipped: said_so + left_out,
            failed: tally.failed,
            differ: 0,
            notes,
        }
    }
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let (word, count) = match &self.outcome {
            Outcome::Built => ("ok", None),
            Outcome::Ran(count) => ("ok", Some(count)),
            Outcome::Failed(count, _) => ("FAILED", Some(count)),
            Outcome::NotVerified(_) => ("not verified", None),
        };
        let number = |of: fn(&Count) -> u64| count.map_or_else(String::new, |count| of(count).to_string());
        [
            self.platform.clone(),
            self.how.clone(),
            self.part.to_owned(),
            number(|count| count.passed),
            number(|count| count.differ),
            number(|count| count.skipped),
            number(|count| count.failed),
            word.to_owned(),
        ]
    }

    fn notes(&self) -> Vec<String> {
        let own = match &self.outcome {
            Outcome::Built => Vec::new(),
            Outcome::Ran(count) => count.notes.clone(),
            Outcome::Failed(count, why) => count.notes.iter().chain([why]).cloned().collect(),
            Outcome::NotVerified(why) => vec![format!("not verified: {why}")],
        };
        own.into_iter().map(|note| format!("{}, {}: {note}", self.platform, self.part)).collect()
    }
}

pub(super) fn render(rows: &[Row]) -> String {
    let head = ["platform", "verified", "what", "passed", "differ", "skipped", "failed", "result"];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    let notes: Vec<_> = rows.iter().flat_map(Row::notes).collect();
    format!("{}\n{}\n", table::render(head, &cells), notes.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{Count, Outcome, Row, render};
    use crate::libtest::Tally;
    use crate::tour;

    #[test]
    fn what_differs_or_is_skipped_does_not_count_as_passed() {
        let case =
            |ok, why| format!(r#"{{"case":"a","hooks":[],"ended":"","expected":"","ok":{ok},"differs":"{why}"}}"#);
        let report = format!("[{},{},{}]", case(true, ""), case(true, "why"), case(false, "why"));
        let count = Count::of_cases(&tour::cases(&report).unwrap());
        assert_eq!((count.passed, count.differ, count.failed), (1, 1, 1));

        let told = "SKIPPED: a: no room\nSKIPPED: a: no time\ntest result: ok. 5 passed; 0 failed; 0 ignored\n";
        let count = Count::of_tests(&Tally::of(told), &[("no call", vec!["b", "c"])]);
        assert_eq!((count.passed, count.skipped), (4, 3));
        assert_eq!(count.notes.last().unwrap(), "skipped 2: no call: b, c");
    }

    #[test]
    fn a_platform_that_could_not_be_verified_says_so_and_why() {
        let outcome = Outcome::NotVerified("no qemu".to_owned());
        let row = Row { platform: "vax".to_owned(), how: String::new(), part: "tour", outcome };
        let told = render(&[row]);
        assert!(told.contains("not verified\n") && told.ends_with("vax, tour: not verified: no qemu\n"), "{told}");
    }
}
