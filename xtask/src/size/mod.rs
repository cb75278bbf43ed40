//! `cargo xtask size`: what the core costs on small machines, beside three other ways to run functions at the end.
//!
//! Each program of tests/firmware/size holds one thing and is linked by a script of ours, with no start-up code. What all
//! of them have, the hook itself, is taken off. Stack is measured by painting, in the emulator: what a call writes below
//! the frame of its caller. The hook takes none.

mod image;
pub(crate) mod picolibc;
mod readme;

use std::collections::BTreeMap;
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
const FLAGS: &str = "`opt-level = \"s\"`, `lto = \"fat\"`, `codegen-units = 1` and `panic = \"abort\"`";
const HEAD: [&str; 6] = ["bytes of", ".text", ".rodata", ".data", ".bss", "stack"];
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
/// Panics, as all see, and so shows whether the check for what must not be linked sees it.
const PANICS: &str = "mutex";
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
    /// Puts the tables into the README of terminate-core
    #[arg(long, conflicts_with = "only")]
    write: bool,
}

type Measured = BTreeMap<&'static str, Sizes>;
/// Bytes by "program call".
type Stack = BTreeMap<String, u64>;

/// What was measured of one program.
#[derive(Clone)]
struct Line {
    name: &'static str,
    what: &'static str,
    sizes: Sizes,
    /// Nothing for a program of which no call is measured.
    stack: Option<u64>,
}

impl Line {
    fn cells(&self) -> [String; 6] {
        let Sizes { text, rodata, data, bss } = self.sizes;
        let [text, rodata, data, bss] = [text, rodata, data, bss].map(|bytes| bytes.to_string());
        [self.what.to_owned(), text, rodata, data, bss, self.stack()]
    }

    fn stack(&self) -> String {
        self.stack.map_or("-".to_owned(), |bytes| bytes.to_string())
    }
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let mut complaints = Vec::new();
    let mut tables = Vec::new();
    let mut version = String::new();
    for target in TARGETS.iter().filter(|target| target.triple.contains(&options.only)) {
        let toolchain = Toolchain::find(ws, target, options.with)?;
        let stack = stack(ws, target, &toolchain)?;
        let (measured, found) = measure(ws, target, &toolchain)?;
        complaints.extend(found);
        let lines = lines(&measured, &stack)?;
        version = toolchain.version(ws)?;
        println!("\n{}: {version}, {FLAGS}\n", target.triple);
        print!("{}", table::render(HEAD, &lines.iter().map(Line::cells).collect::<Vec<_>>()));
        if target.triple == BUDGET_TARGET {
            complaints.extend(over_budget(&measured));
        }
        tables.push(readme::Table { triple: target.triple, lines });
    }
    if options.write {
        readme::write(ws, &version, &tables)?;
    }
    if options.only.is_empty() {
        complaints.extend(readme::told_otherwise(ws, &version, &tables)?);
    }
    ensure!(!tables.is_empty(), "no target has {:?} in its name", options.only);
    ensure!(complaints.is_empty(), "too large, or told otherwise:\n  {}", complaints.join("\n  "));
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
    let seen = image::forbidden(&workspace::executable(&artifacts, PANICS)?)?;
    ensure!(
        seen.iter().any(|symbol| symbol.contains("panic")),
        "{}: nothing is seen that panics in {PANICS}, which does",
        target.triple
    );
    Ok((measured, complaints))
}

/// As the firmware has measured it.
fn stack(ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<Stack> {
    let programs = Programs::build(ws, target, toolchain)?;
    let start = Start { program: "stack", arguments: &[], directory: ws.root(), counted: false, more: &[] };
    let run = programs.run(target, &start, Duration::from_secs(30))?;
    ensure!(run.status.is_some_and(|status| status.success()), "stack: {:?}\n{}", run.status, run.stdout);
    parse_stack(&run.stdout)
}

fn parse_stack(output: &str) -> Result<Stack> {
    let line = |line: &str| {
        let (call, bytes) = line.rsplit_once(' ')?;
        Some((call.to_owned(), bytes.parse().ok()?))
    };
    let stack: Stack = output.lines().map(line).collect::<Option<_>>().context("what `stack` says makes no sense")?;
    ensure!(stack.get("hook") == Some(&0), "the hook takes stack itself: {:?}", stack.get("hook"));
    Ok(stack)
}

fn lines(measured: &Measured, stack: &Stack) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (name, what, calls) in PROGRAMS {
        let Some(&sizes) = measured.get(name) else { continue };
        let kind = ["_register", "_run", "_all"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let mut most = None;
        for call in calls {
            let call = format!("{kind} {call}");
            most = most.max(Some(*stack.get(&call).with_context(|| format!("no stack was measured of {call}"))?));
        }
        lines.push(Line { name, what, sizes, stack: most });
    }
    Ok(lines)
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
    use super::{BUDGETS, Measured, PROGRAMS, Sizes, lines, over_budget, parse_stack};

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
    fn the_stack_of_a_call_is_the_last_word_of_its_line() {
        let stack = parse_stack("hook 0\nregistry_8_1 run 152\n").unwrap();
        assert_eq!(stack["registry_8_1 run"], 152);
        parse_stack("nonsense\n").unwrap_err();
    }

    #[test]
    fn a_hook_that_takes_stack_is_no_measure() {
        parse_stack("hook 8\nregistry_8_1 run 152\n").unwrap_err();
        parse_stack("registry_8_1 run 152\n").unwrap_err();
    }

    #[test]
    fn the_stack_of_a_program_is_that_of_its_deepest_call() {
        let measured = Measured::from([("registry_8_1_run", Sizes::default())]);
        let stack = |calls: &[(&str, u64)]| calls.iter().map(|(call, bytes)| ((*call).to_owned(), *bytes)).collect();
        let both = stack(&[("registry_8_1 register", 72), ("registry_8_1 run", 152)]);
        assert_eq!(lines(&measured, &both).unwrap()[0].stack, Some(152));
        assert!(lines(&measured, &stack(&[("registry_8_1 run", 152)])).is_err());
    }
}
