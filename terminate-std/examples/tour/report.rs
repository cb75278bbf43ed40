//! How the verdicts are told: a table, lines, JSON, or one case as it happens.

use std::env;
use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::cases::{self, Answer};
use crate::parent::{Event, Verdict, What};

#[derive(Clone, Copy)]
pub(crate) enum Format {
    Json,
    Table { colours: bool },
    Lines,
}

impl Format {
    pub(crate) fn of(json: bool, terminal: bool) -> Self {
        match (json, terminal) {
            (true, _) => Self::Json,
            // As <https://no-color.org> has it: set, and not empty.
            (false, true) => Self::Table { colours: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) },
            (false, false) => Self::Lines,
        }
    }
}

/// Tells of all cases, after the last one.
pub(crate) fn all(out: &mut impl Write, format: Format, verdicts: &[Verdict], took: Duration) -> io::Result<()> {
    match format {
        Format::Json => return json(out, verdicts),
        Format::Table { colours } => writeln!(out, "{}", table(verdicts, colours))?,
        Format::Lines => lines(out, verdicts)?,
    }
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_ok()) {
        for complaint in verdict.complaints() {
            writeln!(out, "{}: {complaint}", verdict.case.name)?;
        }
    }
    for case in verdicts.iter().map(|verdict| &verdict.case).filter(|case| !case.differs.is_empty()) {
        writeln!(out, "{}: differs here: {}", case.name, case.differs)?;
    }
    for case in cases::left_out() {
        writeln!(out, "{}: left out: {}", case.name, case.left_out)?;
    }
    let good = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    writeln!(out, "{good} of {} cases as expected, in {:.2} s", verdicts.len(), took.as_secs_f64())
}

#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    hooks: Vec<&'a str>,
    ended: String,
    expected: String,
    ok: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    differs: &'a str,
}

fn json(out: &mut impl Write, verdicts: &[Verdict]) -> io::Result<()> {
    let rows: Vec<_> = verdicts
        .iter()
        .map(|verdict| Row {
            case: verdict.case.name,
            hooks: verdict.hooks(),
            ended: verdict.ended.to_string(),
            expected: verdict.case.end.to_string(),
            ok: verdict.is_ok(),
            differs: verdict.case.differs,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

fn lines(out: &mut impl Write, verdicts: &[Verdict]) -> io::Result<()> {
    let width = |text: fn(&Verdict) -> &str| verdicts.iter().map(|verdict| text(verdict).len()).max().unwrap_or(0);
    let (name, what) = (width(|verdict| verdict.case.name), width(|verdict| verdict.case.what));
    for verdict in verdicts {
        let case = &verdict.case;
        let (hooks, ended, judged) = (hooks(verdict), verdict.ended, judged(verdict));
        writeln!(out, "{:name$}  {:what$}  hooks: {hooks}; ended: {ended}; {judged}", case.name, case.what)?;
    }
    Ok(())
}

fn table(verdicts: &[Verdict], colours: bool) -> Table {
    let coloured = |cell: Cell, colour| if colours { cell.fg(colour) } else { cell };
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["case", "what happens", "hooks that ran", "end", "verdict"]);
    for verdict in verdicts {
        let colour = if verdict.is_ok() { Color::Green } else { Color::Red };
        table.add_row([
            coloured(Cell::new(verdict.case.name), Color::Cyan),
            Cell::new(verdict.case.what),
            Cell::new(hooks(verdict)),
            Cell::new(verdict.ended),
            coloured(Cell::new(judged(verdict)), colour),
        ]);
    }
    table
}

fn hooks(verdict: &Verdict) -> String {
    match verdict.cause() {
        Some(cause) => format!("{} (on {cause})", verdict.hooks().join(", ")),
        None => "none".into(),
    }
}

fn judged(verdict: &Verdict) -> &'static str {
    if verdict.is_ok() { "as expected" } else { "NOT as expected" }
}

/// Tells of one event. What the child says on its standard error goes to ours.
pub(crate) fn narrate(out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
    let milliseconds = event.after.as_secs_f64() * 1e3;
    write!(out, "{milliseconds:8.1} ms  ")?;
    match event.what {
        What::Started(id) => writeln!(out, "process {id} starts"),
        What::Log(line) => writeln!(out, "it says: {line}"),
        What::Did(Answer::Send(signal)) => writeln!(out, "it is sent {signal}"),
        What::Did(Answer::Kill) => writeln!(out, "it is killed"),
        What::Did(Answer::GoOn) => writeln!(out, "it is told to go on"),
        What::Ended(end) => writeln!(out, "it has ended: {end}"),
        What::Stderr(line) => {
            writeln!(out, "on its standard error:")?;
            writeln!(io::stderr(), "{line}")
        }
    }
}

/// The last line, after the events of one case.
pub(crate) fn conclude(out: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    for complaint in verdict.complaints() {
        writeln!(out, "{complaint}")?;
    }
    writeln!(out, "{}: {}: {}", verdict.case.name, verdict.case.what, judged(verdict))
}
