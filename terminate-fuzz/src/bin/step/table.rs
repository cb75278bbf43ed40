//! The table of what was found.

use std::fmt::Write;

use terminate_fuzz::step::Verdict;

pub(crate) struct Row {
    pub(crate) name: String,
    /// Of the operation: the same for all that interrupts it.
    boundaries: u64,
    forks: u64,
    pairs: u64,
    violations: u64,
    seconds: f64,
}

impl Row {
    pub(crate) fn new(name: String, verdict: &Verdict) -> Self {
        let mut row = Self { name, boundaries: 0, forks: 0, pairs: 0, violations: 0, seconds: 0.0 };
        row.add(verdict);
        row
    }

    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.boundaries = self.boundaries.max(verdict.boundaries);
        self.forks += verdict.forks;
        self.pairs += verdict.pairs;
        self.violations += verdict.violations;
        self.seconds += verdict.took.as_secs_f64();
    }
}

pub(crate) fn render(rows: &[Row]) -> String {
    let name_width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max("scenario".len());
    let mut out = format!("{:name_width$}  boundaries   forks   pairs  violations  seconds\n", "scenario");
    let mut line = |name: &str, boundaries: &str, row: &Row| {
        let Row { forks, pairs, violations, seconds, .. } = row;
        let _ = writeln!(
            out,
            "{name:name_width$}  {boundaries:>10}  {forks:>6}  {pairs:>6}  {violations:>10}  {seconds:>7.1}"
        );
    };
    let mut all = Row { name: String::new(), boundaries: 0, forks: 0, pairs: 0, violations: 0, seconds: 0.0 };
    for row in rows {
        line(&row.name, &row.boundaries.to_string(), row);
        all.forks += row.forks;
        all.pairs += row.pairs;
        all.violations += row.violations;
        all.seconds += row.seconds;
        all.boundaries += row.boundaries;
    }
    line("all", &all.boundaries.to_string(), &all);
    out
}
