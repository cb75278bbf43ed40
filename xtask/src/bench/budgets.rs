//! What it may cost, compared with what was measured beside it.

use std::fmt::Write;

use super::{Measure, find};

type Of = (&'static str, &'static str, Option<usize>);

/// One figure, and the one that it may be so many times of; or else, so many times of the least that could do.
struct Budget {
    what: &'static str,
    ours: Of,
    times: f64,
    theirs: Of,
    floor: Option<Of>,
}

/// As near to the floor as is called being there.
const AT_THE_FLOOR: f64 = 1.1;

const CORE: &str = "terminate-core";
const FIRST: &str = "signal to first hook";
const REAPED: &str = "signal to reaped";
const PAIR: Of = ("pair", "terminate-core, empty", None);
const WATCHER: Of = (FIRST, "terminate", Some(1));
const BUSY: Of = (REAPED, "terminate", Some(1));
const EXCHANGES: &str = "floor: exchanges alone";
const HANDLER: &str = "floor: the least, in the handler";
const THREAD: &str = "floor: the least, a thread waits";

const BUDGETS: [Budget; 10] = [
    Budget {
        what: "register and unregister, against signal-hook-registry",
        ours: PAIR,
        times: 0.1,
        theirs: ("pair", "signal-hook-registry", None),
        floor: Some(("pair", EXCHANGES, None)),
    },
    Budget {
        what: "the same, against registering with `atexit`",
        ours: PAIR,
        times: 3.0,
        theirs: ("pair", "libc atexit, registering alone", None),
        floor: Some(("pair", EXCHANGES, None)),
    },
    Budget {
        what: "run of 64, against a loop over function pointers",
        ours: ("run", CORE, Some(64)),
        times: 3.0,
        theirs: ("run", "loop over function pointers", Some(64)),
        floor: Some(("run", EXCHANGES, Some(64))),
    },
    Budget {
        what: "run of 1,024, against one of 64",
        ours: ("run", CORE, Some(1024)),
        times: 24.0,
        theirs: ("run", CORE, Some(64)),
        floor: None,
    },
    Budget {
        what: "the same, shuffled",
        ours: ("run", "terminate-core, shuffled", Some(1024)),
        times: 24.0,
        theirs: ("run", "terminate-core, shuffled", Some(64)),
        floor: None,
    },
    Budget {
        what: "signal to first hook by the watcher, against ctrlc",
        ours: WATCHER,
        times: 1.0,
        theirs: (FIRST, "ctrlc", Some(1)),
        floor: Some((FIRST, THREAD, Some(1))),
    },
    Budget {
        what: "signal to hook in the handler, against a bare handler in C",
        ours: (FIRST, "terminate, in the handler", Some(1)),
        times: 1.2,
        theirs: (FIRST, "C: sigaction, atexit", Some(1)),
        floor: Some((FIRST, HANDLER, Some(1))),
    },
    Budget {
        what: "SIGTERM to reaped child, main elsewhere, against ctrlc",
        ours: BUSY,
        times: 1.0,
        theirs: (REAPED, "ctrlc", Some(1)),
        floor: Some((REAPED, THREAD, Some(1))),
    },
    Budget {
        what: "the same, against signal-hook",
        ours: BUSY,
        times: 1.0,
        theirs: (REAPED, "signal-hook", Some(1)),
        floor: Some((REAPED, THREAD, Some(1))),
    },
    Budget {
        what: "the same, main in `wait()`, against tokio",
        ours: (REAPED, "terminate, main in wait()", Some(1)),
        times: 1.0,
        theirs: (REAPED, "tokio, current thread", Some(1)),
        floor: Some((REAPED, "floor: the same, main or a thread", Some(1))),
    },
];

pub(super) fn table(measures: &[Measure]) -> String {
    let mut text =
        "### Budgets\n\n| what | times | at most | times the floor | |\n|".to_owned() + &" --- |".repeat(5) + "\n";
    for Budget { what, ours, times, theirs, floor } in &BUDGETS {
        let of = |(what, whose, number): &Of| find(measures, what, whose, *number);
        let ratio_to = |other: &Of| Some(of(ours)?.times(of(other)?));
        let (ratio, floor) = (ratio_to(theirs), floor.as_ref().and_then(ratio_to));
        let judged = judged(ratio, *times, floor);
        let _ = writeln!(text, "| {what} | {} | {times:.2} | {} | {judged} |", told(ratio), told(floor));
    }
    text.push('\n');
    text
}

fn told(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn judged(ratio: Option<f64>, times: f64, floor: Option<f64>) -> &'static str {
    match ratio {
        Some(ratio) if ratio <= times => "met",
        Some(_) if floor.is_some_and(|floor| floor <= AT_THE_FLOOR) => "at the floor",
        Some(_) => "missed",
        None => "not measured",
    }
}

#[cfg(test)]
mod tests {
    use super::judged;

    #[test]
    fn a_budget_is_met_missed_or_not_measured() {
        let judge = |ratio| judged(ratio, 1.0, None);
        assert_eq!([Some(1.0), Some(1.01), None].map(judge), ["met", "missed", "not measured"]);
    }

    #[test]
    fn a_budget_that_is_missed_is_compared_with_the_floor() {
        let judge = |floor| judged(Some(1.01), 1.0, Some(floor));
        assert_eq!([1.0, 1.1, 1.11].map(judge), ["at the floor", "at the floor", "missed"]);
    }
}
