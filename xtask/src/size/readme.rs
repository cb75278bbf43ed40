//! The sizes as terminate-core's docs tell them: tables between two marks in its README, and one number on its page on bare
//! metal.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::{ATEXIT, BUDGET_TARGET, FLAGS, HEAD, Line};
use crate::workspace::Workspace;

const README: &str = "terminate-core/README.md";
const BEGIN: &str = "<!-- sizes: `cargo xtask size --write` -->\n";
const END: &str = "<!-- end of sizes -->\n";
const PAGE: &str = "terminate-core/src/guide/on_bare_metal.md";

/// What was measured on one target.
pub(crate) struct Table {
    pub(crate) triple: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// Puts the tables into the README.
pub(crate) fn write(ws: &Workspace, version: &str, tables: &[Table]) -> Result<()> {
    ensure!(
        tables.iter().all(|table| table.lines.iter().any(|line| line.name == ATEXIT)),
        "no picolibc to compare with: `cargo xtask firmware --setup` fetches it"
    );
    let path = ws.root().join(README);
    let readme = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let made = replaced(&readme, &section(version, tables)?).with_context(|| format!("no marks in {README}"))?;
    Ok(fs::write(&path, made)?)
}

fn replaced(readme: &str, made: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, made, END, after].concat())
}

/// What the docs tell otherwise, if they are of this compiler.
pub(crate) fn told_otherwise(ws: &Workspace, version: &str, tables: &[Table]) -> Result<Vec<String>> {
    let readme = fs::read_to_string(ws.root().join(README))?;
    let version = short(version);
    if !readme.contains(version) {
        println!("{README} has the sizes of another compiler than {version}");
        return Ok(Vec::new());
    }
    let mut complaints = missing(&readme, &section(version, tables)?);
    let list = of_the_list(tables)?;
    if !fs::read_to_string(ws.root().join(PAGE))?.contains(&list) {
        complaints.push(format!("{PAGE} does not say {list:?}"));
    }
    Ok(complaints)
}

fn missing(readme: &str, section: &str) -> Vec<String> {
    let lines = section.lines().filter(|line| !readme.lines().any(|told| told == *line));
    lines.map(|line| format!("{README} has no line {line:?}: `cargo xtask size --write`")).collect()
}

/// Without the commit and the day.
fn short(version: &str) -> &str {
    version.split(" (").next().unwrap_or(version)
}

fn section(version: &str, tables: &[Table]) -> Result<String> {
    let first = budgeted(tables)?;
    let others: Vec<_> = tables.iter().filter(|table| table.triple != BUDGET_TARGET).collect();
    let mut text = format!("On {BUDGET_TARGET}, by {}, with {FLAGS}:\n\n", short(version).replace('`', ""));
    text += &row(&HEAD.map(str::to_owned));
    text += &row(&HEAD.map(|_| "---".to_owned()));
    for line in &first.lines {
        text += &row(&line.cells());
    }
    text += "\nOn the others: .text, and stack. What is not code is the same on all.\n\n";
    let heads = others.iter().map(|table| table.triple.split('-').next().unwrap_or_default().to_owned());
    let heads: Vec<_> = ["bytes of .text, stack".to_owned()].into_iter().chain(heads).collect();
    text += &row(&heads);
    text += &row(&vec!["---".to_owned(); heads.len()]);
    for line in &first.lines {
        let mut cells = vec![line.what.to_owned()];
        for table in &others {
            let other = table.lines.iter().find(|other| other.name == line.name);
            let other = other.with_context(|| format!("{} was not measured on {}", line.name, table.triple))?;
            cells.push(format!("{}, {}", other.sizes.text, other.stack()));
            let constant = |line: &Line| (line.sizes.rodata, line.sizes.data, line.sizes.bss);
            ensure!(
                constant(line) == constant(other),
                "{}: .rodata, .data or .bss is not the same on {}, as the README says",
                line.name,
                table.triple
            );
        }
        text += &row(&cells);
    }
    Ok(text)
}

/// What a table with a list costs more, to the nearest ten.
fn of_the_list(tables: &[Table]) -> Result<String> {
    let lines = &budgeted(tables)?.lines;
    let text = |name: &str| {
        let line = lines.iter().find(|line| line.name == name).with_context(|| format!("{name} was not measured"))?;
        anyhow::Ok(line.sizes.text)
    };
    let more = text("registry_32_1_all")?.saturating_sub(text("registry_8_1_all")?);
    Ok(format!("about {} bytes of code more", (more + 5) / 10 * 10))
}

fn budgeted(tables: &[Table]) -> Result<&Table> {
    let table = tables.iter().find(|table| table.triple == BUDGET_TARGET);
    table.with_context(|| format!("{BUDGET_TARGET} was not measured"))
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::super::Sizes;
    use super::{BEGIN, BUDGET_TARGET, END, Line, Table, missing, of_the_list, replaced, section};

    fn tables(text: u64, bss: u64) -> Vec<Table> {
        let line =
            |name, text| Line { name, what: name, sizes: Sizes { text, bss: 2, ..Sizes::default() }, stack: Some(8) };
        let other = Line { sizes: Sizes { text, bss, ..Sizes::default() }, ..line("registry_8_1_all", text) };
        let first = vec![line("registry_8_1_all", 100)];
        vec![Table { triple: BUDGET_TARGET, lines: first }, Table { triple: "t-none", lines: vec![other] }]
    }

    #[test]
    fn the_readme_tells_the_sizes_of_every_target() {
        let told = section("rustc 1.2.3 (0123 2026-01-01)", &tables(92, 2)).unwrap();
        assert!(told.contains("rustc 1.2.3,"), "{told}");
        assert!(told.contains("| registry_8_1_all | 100 | 0 | 0 | 2 | 8 |\n"), "{told}");
        assert!(told.contains("| registry_8_1_all | 92, 8 |\n"), "{told}");
        assert!(missing(&told, &told).is_empty());
        let now = section("rustc 1.2.3", &tables(94, 2)).unwrap();
        assert_eq!(missing(&told, &now).len(), 1);
    }

    #[test]
    fn what_is_said_to_be_the_same_has_to_be() {
        section("rustc 1.2.3", &tables(92, 3)).unwrap_err();
    }

    #[test]
    fn what_is_written_stands_between_the_marks() {
        let readme = format!("a\n{BEGIN}old\n{END}b\n");
        assert_eq!(replaced(&readme, "new\n"), Some(format!("a\n{BEGIN}new\n{END}b\n")));
        assert_eq!(replaced("a\n", "new\n"), None);
    }

    #[test]
    fn the_price_of_a_list_is_a_difference_of_two_rows() {
        of_the_list(&tables(92, 2)).unwrap_err();
        let mut tables = tables(92, 2);
        let mut list = tables[0].lines[0].clone();
        (list.name, list.sizes.text) = ("registry_32_1_all", 636);
        tables[0].lines.push(list);
        assert_eq!(of_the_list(&tables).unwrap(), "about 540 bytes of code more");
    }
}
