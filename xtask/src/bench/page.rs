//! The tables: a measure a table, a contestant a column, ratios to ours first.

use std::fmt::Write;

use super::Measure;

/// A table: its title, what it shows, and the column that the others are compared with.
struct Table {
    title: &'static str,
    what: &'static str,
    ours: &'static str,
    unit: Unit,
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Time,
    Bytes,
    Count,
}

impl Unit {
    /// How a figure is written.
    pub(super) fn told(self) -> fn(f64) -> String {
        match self {
            Self::Time => time,
            Self::Bytes => |bytes| format!("{:.0} KiB", bytes / 1024.0),
            Self::Count => |count| format!("{count:.0}"),
        }
    }
}

const TABLES: [Table; 14] = [
    Table { title: "Registering and taking back", what: "pair", ours: "terminate-core, empty", unit: Unit::Time },
    Table {
        title: "The same, by so many threads at once",
        what: "pair, contended",
        ours: "terminate-core",
        unit: Unit::Time,
    },
    Table { title: "A run of so many hooks", what: "run", ours: "terminate-core", unit: Unit::Time },
    Table {
        title: "From the signal to the first hook",
        what: "signal to first hook",
        ours: "terminate",
        unit: Unit::Time,
    },
    Table {
        title: "From the signal to the reaped child",
        what: "signal to reaped",
        ours: "terminate",
        unit: Unit::Time,
    },
    Table {
        title: "From main's return to the reaped child",
        what: "return to reaped",
        ours: "terminate",
        unit: Unit::Time,
    },
    Table {
        title: "From `kill(2)` to its return, the handler alone",
        what: "kill to return",
        ours: "terminate",
        unit: Unit::Time,
    },
    Table {
        title: "So many pending signals, all delivered to the handler",
        what: "pending",
        ours: "terminate",
        unit: Unit::Time,
    },
    Table { title: "Setting up so many hooks", what: "set-up", ours: "terminate", unit: Unit::Time },
    Table { title: "Resident memory", what: "resident", ours: "terminate", unit: Unit::Bytes },
    Table {
        title: "What it adds to a stripped program that says hello",
        what: "binary",
        ours: "terminate",
        unit: Unit::Bytes,
    },
    Table { title: "Crates that it adds", what: "crates", ours: "terminate", unit: Unit::Count },
    Table { title: "To compile such a program from nothing", what: "compile", ours: "terminate", unit: Unit::Time },
    Table { title: "Threads", what: "threads", ours: "terminate", unit: Unit::Count },
];

pub(super) fn tables(measures: &[Measure]) -> String {
    let is_there = |table: &&Table| measures.iter().any(|measure| measure.what == table.what);
    TABLES.iter().filter(is_there).map(|table| one(table, measures)).collect()
}

fn one(table: &Table, measures: &[Measure]) -> String {
    let of: Vec<&Measure> = measures.iter().filter(|measure| measure.what == table.what).collect();
    let mut numbers: Vec<_> = of.iter().map(|measure| measure.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut columns: Vec<&str> = of.iter().map(|measure| measure.whose.as_str()).collect();
    columns.sort_unstable_by_key(|whose| (*whose != table.ours, !whose.starts_with("terminate"), *whose));
    columns.dedup();
    let mut text = format!("### {}\n\n", table.title);
    let head: Vec<_> = numbers.iter().map(|number| number.map_or(String::new(), |number| number.to_string())).collect();
    let _ = writeln!(text, "| | {} |\n|{}", head.join(" | "), " --- |".repeat(numbers.len() + 1));
    for whose in columns {
        let cells = numbers.iter().map(|number| {
            let find = |whose| of.iter().find(|measure| measure.whose == whose && measure.number == *number);
            find(whose).map_or_else(|| "–".to_owned(), |measure| cell(measure, find(table.ours).copied(), table.unit))
        });
        let _ = writeln!(text, "| {whose} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text.push('\n');
    text
}

fn cell(measure: &Measure, ours: Option<&Measure>, unit: Unit) -> String {
    let value = match unit {
        Unit::Time => format!("{} ± {}", time(measure.median), time(measure.spread)),
        unit => unit.told()(measure.median),
    };
    match ours.filter(|ours| ours.median > 0.0) {
        Some(ours) if ours.whose != measure.whose => format!("{:.2} × ({value})", measure.times(ours)),
        _ => value,
    }
}

/// Nanoseconds in the unit that suits them.
pub(super) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.1} µs", n / 1e3),
        n => format!("{:.1} ms", n / 1e6),
    }
}

const BEGIN: &str = "<!-- tables -->\n";
const END: &str = "<!-- end -->\n";

/// The page with these tables between its marks.
pub(super) fn replaced(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, tables, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::{Measure, TABLES, one, replaced, time};

    #[test]
    fn our_column_is_first_and_the_others_are_compared_with_it() {
        let measure = |whose: &str, number, median| Measure {
            what: "run".to_owned(),
            whose: whose.to_owned(),
            number: Some(number),
            median,
            spread: 1.0,
            rounds: Vec::new(),
        };
        let measures =
            [measure("atexit", 8, 300.0), measure("terminate-core", 8, 200.0), measure("terminate-core", 64, 900.0)];
        let text = one(&TABLES[2], &measures);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[2], "| | 8 | 64 |");
        assert_eq!(lines[4], "| terminate-core | 200.0 ns ± 1.0 ns | 900.0 ns ± 1.0 ns |");
        assert_eq!(lines[5], "| atexit | 1.50 × (300.0 ns ± 1.0 ns) | – |");
    }

    #[test]
    fn times_are_told_in_the_unit_that_suits_them() {
        assert_eq!([12.34, 1_234.0, 5_000_000.0].map(time), ["12.3 ns", "1.2 µs", "5.0 ms"]);
    }

    #[test]
    fn tables_go_between_their_marks() {
        assert_eq!(
            replaced("a\n<!-- tables -->\nold<!-- end -->\nb", "new\n").unwrap(),
            "a\n<!-- tables -->\nnew\n<!-- end -->\nb"
        );
        assert_eq!(replaced("a", "new"), None);
    }
}
