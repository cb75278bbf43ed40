//! What it may cost: so many times of what was measured beside it, or a figure.

use std::fmt::Write;

use super::page::Unit;
use super::{Measure, find, weight};

type Of = (&'static str, &'static str, Option<usize>);

enum Limit {
    Times(f64, Of),
    Figure(f64, Unit),
}

struct Budget {
    what: &'static str,
    ours: Of,
    limit: Limit,
}

const FIRST: &str = "signal to first hook";
const REAPED: &str = "signal to reaped";
const RETURN: &str = "return to reaped";
const SCOPE: Of = ("pair", "terminate-std, a guard's scope", None);
const REGISTRY: Of = ("pair", "signal-hook-registry", None);
const BOXES: &str = "Mutex<Vec<Box>>";
const CORE: &str = "terminate-core";
const SHUFFLED: &str = "terminate-core, shuffled";
const OURS: &str = "terminate";

const fn times(what: &'static str, ours: Of, times: f64, theirs: Of) -> Budget {
    Budget { what, ours, limit: Limit::Times(times, theirs) }
}

const fn figure(what: &'static str, ours: Of, most: f64, unit: Unit) -> Budget {
    Budget { what, ours, limit: Limit::Figure(most, unit) }
}

/// The table in section 10 of the design contract.
const BUDGETS: [Budget; 17] = [
    times("`register` and `unregister`, against signal-hook-registry", ("pair", "terminate-std", None), 0.5, REGISTRY),
    times("a guard's scope, against the same", SCOPE, 0.5, REGISTRY),
    figure("a guard's scope", SCOPE, 100.0, Unit::Time),
    times(
        "a pair of terminate-core, against a list of boxes",
        ("pair", "terminate-core, empty", None),
        1.0,
        ("pair", BOXES, None),
    ),
    times("a run of 64, against the same", ("run", CORE, Some(64)), 1.0, ("run", BOXES, Some(64))),
    times("a run of 1,024, against the same", ("run", CORE, Some(1024)), 1.0, ("run", BOXES, Some(1024))),
    // Four would be linear, and 4.8 is n log n.
    times(
        "a run of 4,096 shuffled hooks, against 1,024",
        ("run", SHUFFLED, Some(4096)),
        6.0,
        ("run", SHUFFLED, Some(1024)),
    ),
    times("signal to first hook by the runner, against ctrlc", (FIRST, OURS, Some(1)), 1.15, (FIRST, "ctrlc", Some(1))),
    times(
        "signal to handler-safe hook, against a bare handler in C",
        (FIRST, "terminate, in the handler", Some(1)),
        1.5,
        (FIRST, "C: sigaction, atexit", Some(1)),
    ),
    times("SIGTERM to reaped child, against ctrlc", (REAPED, OURS, Some(1)), 1.0, (REAPED, "ctrlc", Some(1))),
    times("the same, against signal-hook", (REAPED, OURS, Some(1)), 1.0, (REAPED, "signal-hook", Some(1))),
    times("the same, against signal-mod", (REAPED, OURS, Some(1)), 1.0, (REAPED, "signal-mod", Some(1))),
    times("first registration, against ctrlc", ("set-up", OURS, Some(1)), 1.2, ("set-up", "ctrlc", Some(1))),
    times(
        "main's return to reaped child, against a program without us",
        (RETURN, OURS, Some(1)),
        2.0,
        (RETURN, "nothing", Some(0)),
    ),
    figure("crates without features", ("crates", OURS, None), weight::MOST_CRATES as f64, Unit::Count),
    times("to compile from nothing, against ctrlc", ("compile", OURS, None), 1.5, ("compile", "ctrlc", None)),
    figure("size added to a stripped program", ("binary", OURS, None), weight::MOST_BYTES as f64, Unit::Bytes),
];

pub(super) fn table(measures: &[Measure]) -> String {
    let mut text = "### Budgets\n\n| what | measured | at most | |\n|".to_owned() + &" --- |".repeat(4) + "\n";
    let is_measured = |budget: &&Budget| measures.iter().any(|measure| measure.what == budget.ours.0);
    for Budget { what, ours, limit } in BUDGETS.iter().filter(is_measured) {
        let of = |(what, whose, number): &Of| find(measures, what, whose, *number);
        let (figure, most, told) = match limit {
            Limit::Times(times, theirs) => {
                let ratio = of(ours).zip(of(theirs)).map(|(ours, theirs)| ours.times(theirs));
                (ratio, *times, (|ratio| format!("{ratio:.2} ×")) as fn(f64) -> String)
            }
            Limit::Figure(most, unit) => (of(ours).map(|ours| ours.median), *most, unit.told()),
        };
        let shown = figure.map_or_else(|| "–".to_owned(), told);
        let _ = writeln!(text, "| {what} | {shown} | {} | {} |", told(most), judged(figure, most));
    }
    text.push('\n');
    text
}

fn judged(measured: Option<f64>, most: f64) -> &'static str {
    match measured {
        Some(measured) if measured <= most => "met",
        Some(_) => "missed",
        None => "not measured",
    }
}

#[cfg(test)]
mod tests {
    use super::{Measure, judged, table};

    #[test]
    fn a_budget_is_met_missed_or_not_measured() {
        assert_eq!(
            [Some(1.0), Some(1.01), None].map(|measured| judged(measured, 1.0)),
            ["met", "missed", "not measured"]
        );
    }

    #[test]
    fn a_ratio_and_a_figure_are_told_beside_their_limits() {
        let measure = |whose: &str, median| Measure {
            what: "pair".to_owned(),
            whose: whose.to_owned(),
            number: None,
            median,
            spread: 0.0,
            rounds: Vec::new(),
        };
        let text = table(&[measure("terminate-std, a guard's scope", 90.0), measure("signal-hook-registry", 150.0)]);
        assert!(text.contains("| a guard's scope, against the same | 0.60 × | 0.50 × | missed |"), "{text}");
        assert!(text.contains("| a guard's scope | 90.0 ns | 100.0 ns | met |"), "{text}");
    }
}
