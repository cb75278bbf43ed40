//! `cargo xtask size`: what the core costs on small machines, beside three other ways to run functions at the end.
//!
//! Each program of tests/firmware/size holds one thing and is linked by a script of ours, with no start-up code. What all
//! of them have, the hook itself, is taken off. Stack is measured by painting, in the emulator: what a call writes below
//! the frame of its caller.

mod image;
pub(crate) mod picolibc;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use self::image::Sizes;
use crate::firmware::program::{MANIFEST, Programs, Start};
use crate::firmware::target::{TARGETS, Target};
use crate::firmware::toolchain::{Toolchain, With};
use crate::table;
use crate::workspace::{self, Workspace};

/// What the programs are built with; tests/firmware/Cargo.toml has it.
const FLAGS: &str = "opt-level = \"s\", lto = \"fat\", codegen-units = 1, panic = \"abort\"";
/// The file, what it is, and the calls that take stack.
const PROGRAMS: [(&str, &str, &[&str]); 12] = [
    ("table_2", "`hooks!`, 2 functions", &["run"]),
    ("table_8", "`hooks!`, 8 functions", &["run"]),
    ("registry_8_1_register", "`Registry<8, 1>`, register", &["register"]),
    ("registry_8_1_run", "`Registry<8, 1>`, register and run", &["register", "run"]),
    ("registry_8_1_all", "`Registry<8, 1>`, all", &["register", "unregister", "run"]),
    ("registry_8_3_register", "`Registry<8, 3>`, register", &["register"]),
    ("registry_8_3_run", "`Registry<8, 3>`, register and run", &["register", "run"]),
    ("registry_8_3_all", "`Registry<8, 3>`, all", &["register", "unregister", "run"]),
    ("registry_32_1_all", "`Registry<32, 1>`, all", &["register", "unregister", "run"]),
    ("pointers", "8 function pointers and a counter", &["register", "run"]),
    ("mutex", "`Mutex<RefCell<Vec<_, 8>>>`", &["register", "unregister", "run"]),
    (ATEXIT, "picolibc's `atexit`, 32 functions", &[]),
];
const ATEXIT: &str = "atexit";
/// Has the table.
const README: &str = "terminate-core/README.md";
/// The file, what of it, and the most that it may be on `BUDGET_TARGET`.
type Budget = (&'static str, &'static str, fn(&Sizes) -> u64, u64);
const BUDGET_TARGET: &str = "thumbv7em-none-eabi";
const BUDGETS: [Budget; 8] = [
    ("table_2", "bytes of .data", |sizes| sizes.data, 0),
    ("table_2", "bytes of RAM", |sizes| sizes.data + sizes.bss, 2),
    ("table_2", "bytes of .text", |sizes| sizes.text, 128),
    ("table_8", "bytes of RAM", |sizes| sizes.data + sizes.bss, 8),
    ("table_8", "bytes of .text", |sizes| sizes.text, 128),
    ("registry_8_1_all", "bytes of .data", |sizes| sizes.data, 0),
    ("registry_8_1_all", "bytes of RAM, 24 a slot", |sizes| sizes.data + sizes.bss, 8 * 24),
    ("registry_8_1_all", "bytes of .text", |sizes| sizes.text, 900),
];

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only the targets whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Which compiler to use, instead of the first that is there
    #[arg(long, value_enum)]
    with: Option<With>,
}

type Measured = BTreeMap<&'static str, Sizes>;

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let mut complaints = Vec::new();
    let mut checked = false;
    for target in TARGETS.iter().filter(|target| target.triple.contains(&options.only)) {
        let toolchain = Toolchain::find(ws, target, options.with)?;
        let stack = stack(ws, target, &toolchain)?;
        let (measured, found) = measure(ws, target, &toolchain)?;
        complaints.extend(found);
        println!("\n{}: {}, {FLAGS}\n", target.triple, toolchain.version(ws)?);
        let head = ["bytes of", ".text", ".rodata", ".data", ".bss", "stack"];
        print!("{}", table::render(head, &rows(&measured, &stack)));
        if target.triple == BUDGET_TARGET {
            complaints.extend(over_budget(&measured));
            complaints.extend(told_otherwise(
                &fs::read_to_string(ws.root().join(README))?,
                &toolchain.version(ws)?,
                &rows(&measured, &stack),
            ));
            checked = true;
        }
    }
    ensure!(checked || !options.only.is_empty(), "the budgets are for {BUDGET_TARGET}, which was not measured");
    ensure!(complaints.is_empty(), "too large:\n  {}", complaints.join("\n  "));
    Ok(())
}

/// The sizes of each program, and what of the core's programs is linked that must not be.
fn measure(ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<(Measured, Vec<String>)> {
    let cargo = toolchain.cargo(ws, "build", target.triple, "");
    let mut cargo =
        cargo.args(["--release", "--locked", "--quiet", "--package=terminate-size", "--manifest-path", MANIFEST]);
    cargo = cargo.arg("--target-dir").arg(ws.target(toolchain.directory()));
    if target.critical_section {
        cargo = cargo.arg("--features=terminate-size/critical-section");
    }
    let library = picolibc::library(ws, target);
    if let Some(library) = &library {
        cargo = cargo.arg("--features=terminate-size/picolibc").env("TERMINATE_PICOLIBC", library);
    }
    let artifacts = workspace::artifacts(cargo)?;
    let empty = Sizes::of(&workspace::executable(&artifacts, "empty")?)?;
    let (mut measured, mut complaints) = (Measured::new(), Vec::new());
    for (name, ..) in PROGRAMS {
        if name == ATEXIT && library.is_none() {
            continue;
        }
        let path = workspace::executable(&artifacts, name)?;
        measured.insert(name, Sizes::of(&path)?.without(empty));
        if name.starts_with("table") || name.starts_with("registry") {
            let found = image::forbidden(&path)?;
            complaints.extend(found.iter().map(|symbol| format!("{}, {name}: links {symbol}", target.triple)));
        }
    }
    Ok((measured, complaints))
}

/// Bytes by "program call", as the firmware has measured them.
fn stack(ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<BTreeMap<String, u64>> {
    let programs = Programs::build(ws, target, toolchain, &[])?;
    let start = Start { program: "stack", arguments: &[], directory: ws.root(), counted: false, more: &[] };
    let run = programs.run(target, &start, Duration::from_secs(30))?;
    ensure!(run.status.is_some_and(|status| status.success()), "stack: {:?}\n{}", run.status, run.stdout);
    parse_stack(&run.stdout).context("what the program `stack` says makes no sense")
}

fn parse_stack(output: &str) -> Option<BTreeMap<String, u64>> {
    let line = |line: &str| {
        let (call, bytes) = line.rsplit_once(' ')?;
        Some((call.to_owned(), bytes.parse().ok()?))
    };
    output.lines().map(line).collect()
}

fn rows(measured: &Measured, stack: &BTreeMap<String, u64>) -> Vec<[String; 6]> {
    let mut rows = Vec::new();
    for (name, what, calls) in PROGRAMS {
        let Some(sizes) = measured.get(name) else { continue };
        let kind = if name == "table_8" { "table_2" } else { name.trim_end_matches("_register") };
        let kind = kind.trim_end_matches("_run").trim_end_matches("_all");
        let most = calls.iter().filter_map(|call| stack.get(&format!("{kind} {call}"))).max();
        let Sizes { text, rodata, data, bss } = sizes;
        let [text, rodata, data, bss] = [text, rodata, data, bss].map(u64::to_string);
        rows.push([what.to_owned(), text, rodata, data, bss, most.map_or("-".to_owned(), u64::to_string)]);
    }
    rows
}

/// The rows that the README does not have, if its table is of this compiler.
fn told_otherwise(readme: &str, version: &str, rows: &[[String; 6]]) -> Vec<String> {
    let version = version.split(" (").next().unwrap_or(version);
    if !readme.contains(version) {
        println!("{README} has the sizes of another compiler than {version}");
        return Vec::new();
    }
    let lines = rows.iter().map(|row| format!("| {} |", row.join(" | ")));
    lines.filter(|line| !readme.contains(line)).map(|line| format!("{README} has no row {line}")).collect()
}

fn over_budget(measured: &Measured) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, what, of, most) in BUDGETS {
        match measured.get(name).map(of) {
            Some(bytes) if bytes <= most => {}
            Some(bytes) => complaints.push(format!("{name}: {bytes} {what}, {most} are the budget")),
            None => complaints.push(format!("{name} was not measured")),
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{BUDGETS, Measured, PROGRAMS, Sizes, over_budget, parse_stack, told_otherwise};

    fn all_at(text: u64) -> Measured {
        PROGRAMS.iter().map(|(name, ..)| (*name, Sizes { text, bss: 2, ..Sizes::default() })).collect()
    }

    #[test]
    fn a_byte_too_many_is_a_complaint() {
        assert!(over_budget(&all_at(128)).is_empty());
        assert_eq!(over_budget(&all_at(129)).len(), 2);
        assert_eq!(over_budget(&all_at(901)).len(), 3);
    }

    #[test]
    fn a_program_that_was_not_measured_keeps_no_budget() {
        assert_eq!(over_budget(&Measured::new()).len(), BUDGETS.len());
    }

    #[test]
    fn the_readme_tells_the_sizes_of_its_compiler_truly() {
        let row = |text: &str| ["x", text, "0", "0", "2", "-"].map(str::to_owned);
        let readme = "by rustc 1.2.3, that is\n\n| x | 92 | 0 | 0 | 2 | - |\n";
        assert!(told_otherwise(readme, "rustc 1.2.3 (0123 2026-01-01)", &[row("92")]).is_empty());
        assert_eq!(told_otherwise(readme, "rustc 1.2.3 (0123 2026-01-01)", &[row("94")]).len(), 1);
        assert!(told_otherwise(readme, "rustc 1.2.4 (0123 2026-01-01)", &[row("94")]).is_empty());
    }

    #[test]
    fn the_stack_of_a_call_is_the_last_word_of_its_line() {
        let stack = parse_stack("hook 28\nregistry_8_1 run 152\n").unwrap();
        assert_eq!(stack["registry_8_1 run"], 152);
        assert!(parse_stack("nonsense\n").is_none());
    }
}
