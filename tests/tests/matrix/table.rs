//! The table of `docs/with-other-crates.md`: what was measured, with the same rows put together.

use std::path::{Path, PathBuf};
use std::{env, fs};

use terminate_tests::Signal;

use crate::cell::{Cell, End, Installed, OwnEnd, Owner, Ran, Verdict};

/// The columns: where the owner's handler is, and whether there is a grace.
pub(crate) const COLUMNS: [(Installed, bool); 5] = [
    (Installed::Alone, false),
    (Installed::BeforeUs, false),
    (Installed::BeforeUs, true),
    (Installed::AfterUs, false),
    (Installed::AfterUs, true),
];

const HEAD: &str = "\
| the other handler | its work | without us | before us | before us, grace | after us | after us, grace |
| --- | --- | --- | --- | --- | --- | --- |
";

const BEGIN: &str = "<!-- Measured and written by tests/tests/matrix. -->\n\n";
const END: &str = "\n<!-- End of what was measured. -->\n";

/// A line of the table: what its cells say, and for whom.
struct Row {
    owners: Vec<(Owner, Vec<Signal>)>,
    work: &'static str,
    cells: Vec<String>,
}

/// The table, of cells in the order of [`COLUMNS`].
pub(crate) fn table(measured: &[(Cell, Verdict)]) -> String {
    let mut rows = Vec::<Row>::new();
    for line in measured.chunks(COLUMNS.len()) {
        let Cell { owner, signal, .. } = line[0].0;
        let work = if owner.handles(signal) { work(line[0].0.own_end()) } else { "none: not its signal" };
        let cells: Vec<String> = line.iter().map(|(_, verdict)| verdict.text()).collect();
        let known = rows.iter().position(|row| row.work == work && row.cells == cells);
        let place = known.unwrap_or_else(|| {
            rows.push(Row { owners: vec![], work, cells });
            rows.len() - 1
        });
        let owners = &mut rows[place].owners;
        match owners.iter_mut().find(|(other, _)| *other == owner) {
            Some((_, signals)) if !signals.contains(&signal) => signals.push(signal),
            Some(_) => {}
            None => owners.push((owner, vec![signal])),
        }
    }
    rows.iter().fold(HEAD.to_owned(), |table, row| table + &row.text())
}

fn work(end: OwnEnd) -> &'static str {
    match end {
        OwnEnd::Exit => "exits with 3",
        OwnEnd::ExitNow => "`_exit`s with 3",
        OwnEnd::Signal => "ends by the signal",
        OwnEnd::Nothing => "ends nothing",
    }
}

impl Row {
    fn text(&self) -> String {
        let name = |(owner, signals): &(Owner, Vec<Signal>)| match signals[..] {
            [signal] => format!("{} ({signal})", owner.name()),
            _ => owner.name().to_owned(),
        };
        let owners: Vec<String> = self.owners.iter().map(name).collect();
        format!("| {} | {} | {} |\n", owners.join(", "), self.work, self.cells.join(" | "))
    }
}

impl Verdict {
    pub(crate) fn text(&self) -> String {
        let ran = self.ran.iter().map(|ran| match ran {
            Ran::Hook => "hooks",
            Ran::HookAtExit => "hooks at exit",
            Ran::Work => "work",
            Ran::HookBesideWork => "hooks beside work",
        });
        let end = match self.end {
            End::Code => "code 3",
            End::Signal => "the signal",
            End::None => "goes on",
        };
        ran.chain([end]).collect::<Vec<_>>().join(", ")
    }
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/with-other-crates.md")
}

/// The table as the docs have it; with `TERMINATE_WRITE_MATRIX=1`, after that one was written there.
pub(crate) fn documented(table: &str) -> String {
    let text = fs::read_to_string(page()).expect("it is there");
    let (before, rest) = text.split_once(BEGIN).expect("it says where the table begins");
    let (old, after) = rest.split_once(END).expect("it says where the table ends");
    if env::var_os("TERMINATE_WRITE_MATRIX").is_none() {
        return old.to_owned();
    }
    fs::write(page(), [before, BEGIN, table, END, after].concat()).expect("it can be written");
    table.to_owned()
}
