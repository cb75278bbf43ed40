//! `cargo xtask audit`: what can run inside the signal handler, read off the machine code.
//!
//! A program is built optimised, and everything is followed that its handler can reach ([`walk`], with [`x86`],
//! [`aarch64`] and [`thumb`] for what the instructions do). What is reached is held against the lists in [`allowed`] and the names in
//! [`names`], and against the page that was committed, which [`report`] writes.

mod aarch64;
mod allowed;
mod image;
mod judge;
mod names;
mod report;
mod self_test;
mod source;
mod subject;
mod thumb;
mod values;
mod walk;
mod x86;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::Args;
use object::Endianness;
use object::elf::{EM_AARCH64, FileHeader32, FileHeader64};

use self::allowed::Lists;
use self::image::Image;
use self::judge::Verdict;
use self::names::Forbidden;
use self::report::Part;
use self::source::Source;
use self::subject::Adapter;
use self::thumb::Thumb;
use self::walk::Step;
use crate::bare_metal::{self, Route};
use crate::workspace::Workspace;

const PAGE: &str = "docs/handler-path.md";
/// Names that tell the types, and that can be read.
const MANGLING: &str = "-Csymbol-mangling-version=v0";

/// Where the kernel enters, what it calls then by an address that was stored at installation, and what the registry calls for
/// a handler-safe hook.
const ROOTS: [(&str, &str); 3] = [
    ("terminate_std::sys::unix::handler::handle", "where the kernel enters"),
    ("terminate_std::lifecycle::on_signal::deliver", "the policy that each installation stores for the handler"),
    (
        "terminate_core::hook::thunk::<terminate_std::lifecycle::register::core_hook::{closure#0}>",
        "what the registry calls for a handler-safe hook",
    ),
];
const FIRMWARE_ROOT: &str = "fault";

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Builds what is forbidden into small programs, and demands that each is found
    #[arg(long)]
    self_test: bool,
    /// Writes the page anew
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    if options.self_test {
        return self_test(ws);
    }
    let mut parts = Vec::new();
    let mut skipped = Vec::new();
    for adapter in &subject::ADAPTERS {
        if subject::can_be_built(ws, adapter) {
            parts.push(self::adapter(ws, adapter)?);
        } else {
            println!("SKIPPED: {}, for which rustup has no standard library", adapter.title);
            skipped.push(adapter.title);
        }
    }
    parts.push(core(ws)?);
    let mut wrong = 0;
    for finding in parts.iter().flat_map(|part| &part.verdict.findings) {
        println!("\n{finding}");
        wrong += 1;
    }
    ensure!(wrong == 0, "{wrong} things are reached that must not be: mend the code, or give a reason in the lists");
    ensure!(!options.bless || skipped.is_empty(), "a page without {} is not written", skipped.join(", "));
    compare(ws, &report::render(&parts), &skipped, options.bless)
}

pub(crate) fn self_test(ws: &Workspace) -> Result<()> {
    self_test::run(ws)
}

/// The adapter's signal handler.
fn adapter(ws: &Workspace, adapter: &Adapter) -> Result<Part> {
    let roots = ROOTS.map(|(root, _)| root);
    let mut verdict = audit(&subject::adapter(ws, adapter, subject::LISTED)?, &roots, adapter.lists)?;
    // What must not be reached must not be in other builds either, though there the list may be another one.
    for build in subject::OTHERS {
        verdict.findings.extend(audit(&subject::adapter(ws, adapter, build)?, &roots, adapter.lists)?.findings);
    }
    Ok(Part {
        title: adapter.title,
        introduction: "A program that registers a hook of each kind; the handler is the same in every program.",
        compiler: bare_metal::compiler(ws, Route::Component)?,
        roots: ROOTS.to_vec(),
        verdict,
    })
}

/// The core by itself, where there is no operating system.
fn core(ws: &Workspace) -> Result<Part> {
    let route = subject::firmware_route(ws)?;
    let program = subject::firmware(ws, route, None)?;
    Ok(Part {
        title: "terminate-core on thumbv7m",
        introduction: "`Registry<8, 1>::run` in `Context::Handler`, called by a fault handler. Every instruction of a \
                       function counts as reached here.",
        compiler: bare_metal::compiler(ws, route)?,
        roots: vec![(FIRMWARE_ROOT, "the fault handler of a program without anything else")],
        verdict: audit_firmware(&program)?,
    })
}

fn audit(program: &Path, roots: &[&str], lists: Lists) -> Result<Verdict> {
    let image = Image::parse::<FileHeader64<Endianness>>(&fs::read(program)?)?;
    judged(program, &image, roots, lists, |at, returns| match image.machine {
        EM_AARCH64 => aarch64::step(&image, at, returns),
        _ => x86::step(&image, at, returns),
    })
}

fn audit_firmware(program: &Path) -> Result<Verdict> {
    let image = Image::parse::<FileHeader32<Endianness>>(&fs::read(program)?)?;
    let thumb = Thumb::new()?;
    judged(program, &image, &[FIRMWARE_ROOT], allowed::OURS, |at, _| thumb.step(&image, at))
}

fn judged(
    program: &Path,
    image: &Image,
    roots: &[&str],
    lists: Lists,
    step: impl Fn(u64, &dyn Fn(u64) -> bool) -> Step,
) -> Result<Verdict> {
    let source = Source::load(program)?;
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    let mut verdict = Verdict { lists, ..Verdict::default() };
    for root in roots {
        let root = image.function(|name| name == *root)?.range.start;
        let reached = walk::walk(root, |at, returns| {
            let forbidden = image.function_at(at).and_then(|symbol| names::forbidden(&symbol.name));
            match forbidden {
                // It is found by its name, and nobody asks what it does.
                Some(kind) => Step { returns: kind != Forbidden::Panic, ..Step::default() },
                None => step(at, returns),
            }
        });
        verdict.add(&program, image, &source, &reached)?;
    }
    Ok(verdict)
}

/// With the page that was committed, but for the parts that were skipped.
fn compare(ws: &Workspace, page: &str, skipped: &[&str], bless: bool) -> Result<()> {
    let path: PathBuf = ws.root().join(PAGE);
    if bless {
        fs::write(&path, page)?;
        println!("{PAGE} is written");
        return Ok(());
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let committed = skipped.iter().fold(committed, |page, title| report::without(&page, title));
    let difference = report::difference(&committed, page);
    if difference.is_empty() {
        println!("nothing is reached that must not be, and what is reached is what {PAGE} says");
        return Ok(());
    }
    bail!(
        "nothing is reached that must not be, but what is reached is not what {PAGE} says:\n{difference}If that is meant, or if only \
         the compiler is another one: `cargo xtask audit --bless`, and read what it changed"
    )
}
