//! The sums of many rounds: signals, causes, ends, violations, and latencies.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::evidence::{Cause, Ended, Evidence, Word};
use super::{Invariant, Schedule, Violation};

/// From one microsecond to a minute, three digits.
fn histogram() -> Option<Histogram<u64>> {
    Histogram::new_with_bounds(1, 60_000_000, 3).ok()
}

/// A round in which something did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed of that round.
    pub seed: u64,
    /// What was played.
    pub schedule: Schedule,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// All that was known.
    pub evidence: Evidence,
}

/// The sums of many rounds. Latencies are microseconds.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many rounds were played.
    pub rounds: u64,
    /// How many signals were sent that were to end the target, and how often each.
    pub signals: BTreeMap<String, u64>,
    /// Stops and continuations.
    pub job_control: u64,
    /// How many rounds ended by each cause, as hooks were told.
    pub causes: BTreeMap<String, u64>,
    /// What the target was doing when the first signal came.
    pub moments: BTreeMap<&'static str, u64>,
    /// How it ended, as the parent saw it.
    pub ends: BTreeMap<String, u64>,
    /// How many hooks ran.
    pub hooks: u64,
    /// How many rounds had a violation of each kind.
    pub violations: BTreeMap<Invariant, u64>,
    /// How many rounds had any.
    pub failed: u64,
    /// From the signal that became the cause to its first hook.
    pub to_hook: Option<Histogram<u64>>,
    /// From the signal that became the cause to the reaped child.
    pub to_end: Option<Histogram<u64>>,
}

impl Tally {
    /// Adds a round.
    pub fn add(&mut self, evidence: &Evidence, violations: &[Violation]) {
        self.rounds += 1;
        for sent in &evidence.sent {
            if sent.job_control {
                self.job_control += 1;
            } else {
                *self.signals.entry(sent.signal.to_string()).or_default() += 1;
            }
        }
        let told = evidence.told().map_or_else(|| "no hook".to_owned(), |cause| cause.to_string());
        *self.causes.entry(told).or_default() += 1;
        *self.ends.entry(evidence.ended.to_string()).or_default() += 1;
        *self.moments.entry(first_moment(evidence)).or_default() += 1;
        let begins = evidence.lines.iter().filter(|line| matches!(line.word, Word::Begin(..)));
        self.hooks += begins.count() as u64;
        let mut kinds: Vec<_> = violations.iter().map(|violation| violation.invariant).collect();
        kinds.sort_unstable();
        kinds.dedup();
        self.failed += u64::from(!kinds.is_empty());
        for kind in kinds {
            *self.violations.entry(kind).or_default() += 1;
        }
        let (to_hook, to_end) = latencies(evidence);
        record(&mut self.to_hook, to_hook);
        record(&mut self.to_end, to_end);
    }

    /// Adds the sums of other rounds.
    pub fn merge(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.job_control += other.job_control;
        self.hooks += other.hooks;
        self.failed += other.failed;
        merge(&mut self.signals, other.signals);
        merge(&mut self.causes, other.causes);
        merge(&mut self.moments, other.moments);
        merge(&mut self.ends, other.ends);
        merge(&mut self.violations, other.violations);
        for (mine, theirs) in [(&mut self.to_hook, other.to_hook), (&mut self.to_end, other.to_end)] {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => drop(mine.add(theirs)),
                (mine, theirs) => *mine = theirs.or(mine.take()),
            }
        }
    }

    /// How many signals were sent that were to end a target.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.signals.values().sum()
    }
}

fn merge<K: Ord>(mine: &mut BTreeMap<K, u64>, theirs: BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *mine.entry(key).or_default() += count;
    }
}

fn record(histogram: &mut Option<Histogram<u64>>, nanoseconds: Option<u64>) {
    let Some(nanoseconds) = nanoseconds else { return };
    if histogram.is_none() {
        *histogram = self::histogram();
    }
    if let Some(histogram) = histogram {
        histogram.saturating_record((nanoseconds / 1_000).max(1));
    }
}

/// From the signal that became the cause to the first hook, and to the end. Not where it was stopped meanwhile, nor where
/// it is not known which of several of that number it was.
fn latencies(evidence: &Evidence) -> (Option<u64>, Option<u64>) {
    let ((Some(Cause::Signal(cause)), _) | (None, Ended::Signal(cause))) = (evidence.told(), evidence.ended) else {
        return (None, None);
    };
    let mut of_that = evidence.sent.iter().filter(|sent| sent.signal == cause);
    let (Some(sent), None) = (of_that.next(), of_that.next()) else { return (None, None) };
    let disturbed = evidence.sent.iter().any(|sent| sent.job_control) || evidence.ended == Ended::Hang;
    if disturbed {
        return (None, None);
    }
    let began = evidence.passes().next().and_then(|(line, _)| evidence.lines.get(line)).map(|line| line.at);
    let to_hook = began.filter(|at| *at > 0).and_then(|at| at.checked_sub(sent.at));
    (to_hook, evidence.reaped.checked_sub(sent.at))
}

/// What the target was doing when the first signal came.
fn first_moment(evidence: &Evidence) -> &'static str {
    let Some(first) = evidence.sent.iter().find(|sent| !sent.job_control) else { return "no signal came" };
    let mut moment = "starting up";
    for line in evidence.lines.iter().filter(|line| line.pid == evidence.pid && line.at < first.at) {
        moment = match &line.word {
            Word::Begin(..) => "running a hook",
            Word::End(_) => "between hooks, or after them",
            Word::Ends(..) => "about to end",
            Word::Arming(..) | Word::Disarming(_) => "inside register or unregister",
            Word::Armed(..) | Word::Disarmed(_) | Word::Kept(_) | Word::Refused(_) => "with hooks",
            Word::Status(..) | Word::Note => moment,
        };
    }
    moment
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::{BY_TERM, evidence};
    use super::*;

    const STORY: [&str; 5] = ["arming a 1", "armed a", "sent TERM", "begin a 15", "end a"];

    #[test]
    fn rounds_are_counted_by_cause_end_and_moment_with_latencies() {
        let mut tally = Tally::default();
        tally.add(&evidence(BY_TERM, &STORY), &[]);
        let mut other = Tally::default();
        let twice = Violation { invariant: Invariant::RanTwice, details: String::new() };
        other.add(&evidence(Ended::Code(0), &["ends exit 0"]), &[twice.clone(), twice]);
        tally.merge(other);
        assert_eq!((tally.rounds, tally.failed, tally.hooks, tally.sent()), (2, 1, 1, 1));
        assert_eq!(tally.causes, BTreeMap::from([("SIGTERM".into(), 1), ("no hook".into(), 1)]));
        assert_eq!(tally.ends, BTreeMap::from([("SIGTERM".into(), 1), ("exit 0".into(), 1)]));
        assert_eq!(tally.moments, BTreeMap::from([("with hooks", 1), ("no signal came", 1)]));
        assert_eq!(tally.violations, BTreeMap::from([(Invariant::RanTwice, 1)]));
        assert_eq!(tally.to_hook.map(|histogram| histogram.max()), Some(1));
        assert_eq!(tally.to_end.map(|histogram| histogram.max()), Some(997));
    }

    #[test]
    fn there_is_no_latency_where_it_is_not_known_which_signal_it_was() {
        let mut tally = Tally::default();
        tally.add(&evidence(BY_TERM, &["arming a 1", "armed a", "sent TERM", "sent TERM", "begin a 15", "end a"]), &[]);
        assert!(tally.to_hook.is_none() && tally.to_end.is_none());
    }
}
