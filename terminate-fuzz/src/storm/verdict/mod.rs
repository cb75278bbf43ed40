//! The verdict on a round: pure functions from the evidence to the names of what was violated.

mod hooks;
mod status;

use std::fmt;

use serde::Serialize;

use super::evidence::{Ended, Evidence};
use super::log::DIRECTORY;

/// What must hold in every round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// A hook ran more than once.
    RanTwice,
    /// A hook was registered, and did not run though the process ended.
    NeverRan,
    /// A hook ran that was taken back, refused, or registered by another process.
    RanUnasked,
    /// A hook ran before one that had to come first.
    WrongOrder,
    /// A hook began and did not end, or another one began in the middle of it.
    Interrupted,
    /// Hooks were told a cause, or the parent saw a status, that was not possible then.
    WrongStatus,
    /// The process did not end.
    Hang,
    /// A file is still there that a hook was to remove.
    LostFile,
    /// A process of its group outlived it.
    LostProcess,
    /// A line of the log makes no sense.
    BrokenLog,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::RanTwice,
        Self::NeverRan,
        Self::RanUnasked,
        Self::WrongOrder,
        Self::Interrupted,
        Self::WrongStatus,
        Self::Hang,
        Self::LostFile,
        Self::LostProcess,
        Self::BrokenLog,
    ];
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RanTwice => "ran twice",
            Self::NeverRan => "never ran",
            Self::RanUnasked => "ran unasked",
            Self::WrongOrder => "wrong order",
            Self::Interrupted => "interrupted hook",
            Self::WrongStatus => "wrong status",
            Self::Hang => "hang",
            Self::LostFile => "lost file",
            Self::LostProcess => "lost process",
            Self::BrokenLog => "broken log",
        })
    }
}

/// Something that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What.
    pub invariant: Invariant,
    /// In which way.
    pub details: String,
}

impl Violation {
    fn new(invariant: Invariant, details: impl Into<String>) -> Self {
        Self { invariant, details: details.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.details)
    }
}

/// What the storm expects of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Whether the target keeps a log. Without one, hooks are not judged, and every file that is left is lost.
    pub log: bool,
    /// Exit statuses that are right at any time.
    pub statuses: Vec<i32>,
    /// Exit statuses that are right as long as the log is empty.
    pub starting: Vec<i32>,
}

/// All that is wrong in a round.
#[must_use]
pub fn judge(evidence: &Evidence, expected: &Expected) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Some(text) = evidence.unreadable.first() {
        found.push(Violation::new(Invariant::BrokenLog, format!("{text:?}")));
    }
    if evidence.ended == Ended::Hang {
        found.push(Violation::new(Invariant::Hang, evidence.remarks.clone()));
    }
    if evidence.processes > 0 {
        found.push(Violation::new(Invariant::LostProcess, format!("{} outlived it", evidence.processes)));
    }
    found.extend(hooks::judge(evidence));
    if evidence.ended != Ended::Hang {
        found.extend(status::judge(evidence, expected));
        found.extend(lost_files(evidence, expected));
    }
    found
}

fn lost_files(evidence: &Evidence, expected: &Expected) -> Vec<Violation> {
    let promised = |file: &&String| !expected.log || hooks::armed_files(evidence).any(|armed| armed == file.as_str());
    let lost = evidence.files.iter().filter(promised);
    lost.map(|file| Violation::new(Invariant::LostFile, format!("{file} is still in {DIRECTORY}"))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::evidence::{Line, Sent};
    use super::super::{Signal, log};
    use super::*;

    /// Evidence in words: `sent TERM` is a signal, everything else a line of process 1; they come a microsecond apart.
    pub(in crate::storm) fn evidence(ended: Ended, story: &[&str]) -> Evidence {
        let mut evidence = Evidence {
            pid: 1,
            lines: Vec::new(),
            unreadable: Vec::new(),
            sent: Vec::new(),
            ended,
            cores: None,
            reaped: 1_000_000,
            files: Vec::new(),
            processes: 0,
            remarks: String::new(),
        };
        for (at, event) in (1..).map(|at| at * 1_000).zip(story) {
            if let Some(signal) = event.strip_prefix("sent ") {
                evidence.sent.push(Sent { at, signal: signal.parse().unwrap(), job_control: false });
            } else if let Some(file) = event.strip_prefix("left ") {
                evidence.files.push(file.to_owned());
            } else {
                let text = if event.starts_with("2 ") { (*event).to_owned() } else { format!("1 {event}") };
                evidence.lines.push(Line::read(&format!("{at} {text}")).unwrap());
            }
        }
        evidence
    }

    pub(in crate::storm) fn found(ended: Ended, story: &[&str]) -> Vec<Invariant> {
        let expected = Expected { log: true, ..Expected::default() };
        judge(&evidence(ended, story), &expected).into_iter().map(|violation| violation.invariant).collect()
    }

    pub(in crate::storm) const BY_TERM: Ended = Ended::Signal(Signal::TERM);

    #[test]
    fn a_file_is_lost_if_its_hook_was_armed() {
        let story = ["arming a 1", "armed a file", "sent TERM", "begin a 15", "end a", "left file"];
        assert_eq!(found(BY_TERM, &story), [Invariant::LostFile]);
        assert_eq!(found(BY_TERM, &["arming a 1", "sent TERM", "left file"]), []);
    }

    #[test]
    fn without_a_log_every_file_is_lost_and_signals_and_given_statuses_are_right() {
        let expected = Expected { statuses: vec![0], ..Expected::default() };
        let found = |ended, story: &[&str]| {
            judge(&evidence(ended, story), &expected)
                .into_iter()
                .map(|violation| violation.invariant)
                .collect::<Vec<_>>()
        };
        assert_eq!(found(BY_TERM, &["sent TERM", "left file"]), [Invariant::LostFile]);
        for right in [Ended::Code(0), Ended::Code(143), BY_TERM] {
            assert_eq!(found(right, &["sent TERM"]), []);
        }
        for wrong in [Ended::Code(1), Ended::Code(130), Ended::Signal(Signal::INT)] {
            assert_eq!(found(wrong, &["sent TERM"]), [Invariant::WrongStatus]);
        }
        assert_eq!(found(Ended::Hang, &["sent TERM", "left file"]), [Invariant::Hang]);
    }

    #[test]
    fn what_outlives_the_target_and_what_cannot_be_read_is_told() {
        let mut evidence = evidence(Ended::Code(0), &["ends exit 0"]);
        evidence.processes = 1;
        evidence.unreadable.push("12 en".into());
        let expected = Expected { log: true, ..Expected::default() };
        let found: Vec<_> = judge(&evidence, &expected).into_iter().map(|violation| violation.invariant).collect();
        assert_eq!(found, [Invariant::BrokenLog, Invariant::LostProcess]);
        assert!(log::now() > 0);
    }
}
