//! What a storm has found, for programs: JSON by serde.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::evidence::Ended;
use super::{Failure, Invariant, Outcome, Schedule, Violation};

/// All that a storm has found, in a form that is made to be written down.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The program with its arguments.
    pub target: Vec<String>,
    /// What the schedules depend on.
    pub seed: u64,
    /// Whether the target was to keep a log. If not, nothing is known of its hooks, causes and moments.
    pub log: bool,
    /// How many rounds were played.
    pub rounds: u64,
    /// How long that took, in seconds.
    pub seconds: f64,
    /// How many rounds had a violation.
    pub failed: u64,
    /// How many rounds had each kind of violation.
    pub violations: BTreeMap<Invariant, u64>,
    /// How many signals were sent that were to end the target.
    pub signals_sent: u64,
    /// How often each was.
    pub signals: BTreeMap<String, u64>,
    /// Stops and continuations.
    pub job_control: u64,
    /// How many hooks ran.
    pub hooks: u64,
    /// Rounds by what the hooks were told.
    pub causes: BTreeMap<String, u64>,
    /// Rounds by how the target ended.
    pub ends: BTreeMap<String, u64>,
    /// Rounds by what the target was doing when the first signal came.
    pub moments: BTreeMap<&'static str, u64>,
    /// From the signal that became the cause to its first hook.
    pub signal_to_hook: Option<Latency>,
    /// From the signal that became the cause to the reaped child.
    pub signal_to_end: Option<Latency>,
    /// The first rounds with a violation.
    pub failures: Vec<Failed>,
}

/// Microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// Nine of ten are not longer.
    pub p90: u64,
    /// 99 of 100 are not longer.
    pub p99: u64,
    /// The longest.
    pub worst: u64,
    /// Up to how many microseconds, how many there were, in steps that grow.
    pub buckets: Vec<(u64, u64)>,
}

/// A round with a violation.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The seed of the round, for `storm --replay`.
    pub seed: u64,
    /// The command that plays it again. Empty if it was not `storm` that played it.
    pub again: String,
    /// What was played.
    pub schedule: Schedule,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// How the target ended.
    pub ended: Ended,
    /// What was sent and logged, in order of time.
    pub story: Vec<String>,
    /// What it said on standard error, after what its threads were doing if it did not end.
    pub remarks: String,
}

impl Report {
    /// What came of a storm with that target and seed.
    #[must_use]
    pub fn new(target: Vec<String>, seed: u64, outcome: &Outcome) -> Self {
        let tally = &outcome.tally;
        Self {
            target,
            seed,
            log: outcome.log,
            rounds: tally.rounds,
            seconds: outcome.took.as_secs_f64(),
            failed: tally.failed,
            violations: tally.violations.clone(),
            signals_sent: tally.sent(),
            signals: tally.signals.clone(),
            job_control: tally.job_control,
            hooks: tally.hooks,
            causes: tally.causes.clone(),
            ends: tally.ends.clone(),
            moments: tally.moments.clone(),
            signal_to_hook: tally.to_hook.as_ref().map(Latency::new),
            signal_to_end: tally.to_end.as_ref().map(Latency::new),
            failures: outcome.failures.iter().map(Failed::new).collect(),
        }
    }
}

impl Latency {
    fn new(histogram: &Histogram<u64>) -> Self {
        let steps =
            histogram.iter_log(1, 1.25).map(|step| (step.value_iterated_to(), step.count_since_last_iteration()));
        let buckets: Vec<_> = steps.skip_while(|(_, count)| *count == 0).collect();
        Self {
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            worst: histogram.max(),
            buckets,
        }
    }
}

impl Failed {
    fn new(failure: &Failure) -> Self {
        let evidence = &failure.evidence;
        let logged = evidence.lines.iter().map(|line| (line.at, format!("{} {}", line.pid, line.word)));
        let sent = evidence.sent.iter().map(|sent| (sent.at, format!("sent {}", sent.signal)));
        let mut story: Vec<_> = logged.chain(sent).collect();
        story.sort_by_key(|(at, _)| *at);
        let begun = story.iter().map(|(at, _)| *at).find(|at| *at > 0).unwrap_or(0);
        let told = |(at, what): (u64, String)| format!("{:>7} us  {what}", at.saturating_sub(begun) / 1_000);
        Self {
            seed: failure.seed,
            again: String::new(),
            schedule: failure.schedule.clone(),
            violations: failure.violations.clone(),
            ended: evidence.ended,
            story: story.into_iter().map(told).collect(),
            remarks: evidence.remarks.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::verdict::tests::{BY_TERM, evidence};
    use super::super::{Tally, Wishes};
    use super::*;

    #[test]
    fn a_report_has_the_sums_the_percentiles_and_the_story_of_each_failure() {
        let evidence = evidence(BY_TERM, &["arming a 1", "armed a", "sent TERM"]);
        let violations = vec![Violation { invariant: Invariant::NeverRan, details: "a".into() }];
        let mut tally = Tally::default();
        tally.add(&evidence, &violations);
        let failure = Failure { seed: 5, schedule: Schedule::draw(5, &Wishes::default()), violations, evidence };
        let outcome = Outcome { tally, failures: vec![failure], took: Duration::from_secs(2), log: true };
        let report = serde_json::to_value(Report::new(vec!["x".into()], 9, &outcome)).unwrap();
        assert_eq!(report["violations"]["never-ran"], 1);
        assert_eq!(report["failures"][0]["violations"][0]["invariant"], "never-ran");
        assert_eq!(report["failures"][0]["story"][2], "      2 us  sent TERM");
        assert_eq!(report["failures"][0]["seed"], 5);
        let latency = &report["signal_to_end"];
        assert_eq!((&latency["count"], &latency["p50"], &latency["worst"]), (&1.into(), &997.into(), &997.into()));
        let buckets = latency["buckets"].as_array().unwrap();
        assert_eq!(buckets.iter().map(|bucket| bucket[1].as_u64().unwrap()).sum::<u64>(), 1);
    }
}
