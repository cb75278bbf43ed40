//! The summary, for people at a terminal.

use std::collections::BTreeMap;
use std::fmt::Display;

use terminate_fuzz::storm::{Ended, Latency, Report};

/// How many lines of what a program said are shown.
const SAID: usize = 3;

pub(crate) fn of(report: &Report) -> String {
    let Report { rounds, seed, seconds, signals_sent, job_control, hooks, failed, .. } = report;
    let mut lines = vec![
        format!("{rounds} rounds of {}, seed {seed}, {seconds:.1} s", report.target.join(" ")),
        format!("signals sent     {signals_sent} ({}), {job_control} stops and continuations", list(&report.signals)),
        format!("rounds by end    {}", list(&report.ends)),
    ];
    let mut latencies = vec![("signal to end", &report.signal_to_end)];
    if report.log {
        lines.push(format!("hooks run        {hooks}"));
        lines.push(format!("rounds by cause  {}", list(&report.causes)));
        lines.push(format!("first signal     {}", list(&report.moments)));
        latencies.insert(0, ("signal to hook", &report.signal_to_hook));
    }
    for (what, latency) in latencies {
        lines.push(format!("{what:16} {}", latency.as_ref().map_or("not measured".into(), microseconds)));
    }
    lines.push(match failed {
        0 => "0 violations".to_owned(),
        failed => format!("{failed} rounds with violations: {}", list(&report.violations)),
    });
    for failure in report.failures.iter().take(3) {
        lines.push(format!("\nround {}, ended by {}", failure.seed, failure.ended));
        lines.extend(failure.violations.iter().map(|violation| format!("  {violation}")));
        if failure.ended != Ended::Hang {
            lines.extend(last(&failure.remarks).map(|line| format!("  it said: {line}")));
        }
        lines.push(format!("  {}", failure.schedule));
        lines.push(format!("again: {}", failure.again));
    }
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// The last lines of what a program said: most say the worst at last.
fn last(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let some = lines.len().saturating_sub(SAID);
    lines.into_iter().skip(some)
}

fn microseconds(latency: &Latency) -> String {
    let Latency { p50, p99, worst, count, .. } = latency;
    format!("p50 {p50} us, p99 {p99} us, worst {worst} us ({count} measured)")
}

/// The most frequent first.
fn list<K: Display>(counts: &BTreeMap<K, u64>) -> String {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let parts = counts.iter().flat_map(|(what, count)| [", ".to_owned(), format!("{what} {count}")]);
    let text: String = parts.skip(1).collect();
    if text.is_empty() { "none".into() } else { text }
}
