//! What it may cost, compared with what was measured beside it.

use std::fmt::Write;

use super::{Measure, median};

type Of = (&'static str, &'static str, Option<usize>);

/// One figure, and the one that it may be so many times of.
struct Budget {
    what: &'static str,
    ours: Of,
    times: f64,
    theirs: Of,
}

const CORE: &str = "terminate-core";
const FIRST: &str = "signal to first hook";
const REAPED: &str = "signal to reaped";
const PAIR: Of = ("pair", "terminate-core, empty", None);
const WATCHER: Of = (FIRST, "terminate", Some(1));
const BUSY: Of = (REAPED, "terminate", Some(1));

const BUDGETS: [Budget; 9] = [
    Budget {
        what: "register and unregister, against signal-hook-registry",
        ours: PAIR,
        times: 0.1,
        theirs: ("pair", "signal-hook-registry", None),
    },
    Budget {
        what: "the same, against registering with `atexit`",
        ours: PAIR,
        times: 3.0,
        theirs: ("pair", "libc atexit, registering alone", None),
    },
    Budget {
        what: "run of 64, against a loop over function pointers",
        ours: ("run", CORE, Some(64)),
        times: 3.0,
        theirs: ("run", "loop over function pointers", Some(64)),
    },
    Budget {
        what: "run of 1,024, against one of 64",
        ours: ("run", CORE, Some(1024)),
        times: 24.0,
        theirs: ("run", CORE, Some(64)),
    },
    Budget {
        what: "the same, shuffled",
        ours: ("run", "terminate-core, shuffled", Some(1024)),
        times: 24.0,
        theirs: ("run", "terminate-core, shuffled", Some(64)),
    },
    Budget {
        what: "signal to first hook by the watcher, against ctrlc",
        ours: WATCHER,
        times: 1.0,
        theirs: (FIRST, "ctrlc", Some(1)),
    },
    Budget {
        what: "signal to hook in the handler, against a bare handler in C",
        ours: (FIRST, "terminate, in the handler", Some(1)),
        times: 1.2,
        theirs: (FIRST, "C: sigaction, atexit", Some(1)),
    },
    Budget {
        what: "SIGTERM to reaped child, main elsewhere, against signal-hook",
        ours: BUSY,
        times: 1.0,
        theirs: (REAPED, "signal-hook", Some(1)),
    },
    Budget {
        what: "the same, main in `wait()`, against tokio",
        ours: (REAPED, "terminate, main in wait()", Some(1)),
        times: 1.0,
        theirs: (REAPED, "tokio, current thread", Some(1)),
    },
];

pub(super) fn table(measures: &[Measure]) -> String {
    let mut text = "### Budgets\n\n| what | times | at most | |\n| --- | --- | --- | --- |\n".to_owned();
    for Budget { what, ours, times, theirs } in &BUDGETS {
        let of = |(what, whose, number): &Of| median(measures, what, whose, *number);
        let ratio = of(ours).zip(of(theirs)).map(|(ours, theirs)| ours / theirs);
        let _ = writeln!(text, "| {what} | {} | {times:.2} | {} |", told(ratio), judged(ratio, *times));
    }
    text.push('\n');
    text
}

fn told(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn judged(ratio: Option<f64>, times: f64) -> &'static str {
    match ratio {
        Some(ratio) if ratio <= times => "met",
        Some(_) => "missed",
        None => "not measured",
    }
}

#[cfg(test)]
mod tests {
    use super::judged;

    #[test]
    fn a_budget_is_met_missed_or_not_measured() {
        assert_eq!([Some(1.0), Some(1.01), None].map(|ratio| judged(ratio, 1.0)), ["met", "missed", "not measured"]);
    }
}
