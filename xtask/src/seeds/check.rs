//! `cargo xtask seeds --check`: whether the lists still fit the source. Builds nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::TargetKind;

use super::list::{self, LIB, Seed};
use crate::tree::{self, File};
use crate::workspace::Workspace;
use crate::{firmware, fuzz, step, tsan};

/// The cfg by which bugs were once in the source. It is cut in two here, or this file would be found.
const OLD_CFG: &str = concat!("terminate_seed", "_bug");

pub(super) fn run(ws: &Workspace) -> Result<()> {
    let seeds = list::read(ws)?;
    let files = tree::files(ws)?;
    let mut complaints = twice(&seeds);
    complaints.extend(missing(&seeds));
    for seed in &seeds {
        let read = |file: &Path| fs::read_to_string(ws.root().join(file)).context(file.display().to_string());
        complaints.extend(seed.applied(read).err().map(|error| format!("{error:#}")));
        match directory_of_tests(ws, seed) {
            Ok(directory) => complaints.extend(without_source(seed, &directory, &files)),
            Err(error) => complaints.push(format!("{}: {error:#}", seed.bug)),
        }
    }
    let sources = files.iter().filter(|file| file.is_rust() && file.text.contains(OLD_CFG));
    complaints.extend(sources.map(|file| format!("{}: has {OLD_CFG}; a bug belongs in seeds", file.path.display())));
    if complaints.is_empty() {
        println!("{} seeds apply, and their tests are there", seeds.len());
        return Ok(());
    }
    bail!("{} complaints\n  {}", complaints.len(), complaints.join("\n  "))
}

fn twice(seeds: &[Seed]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let again = seeds.iter().filter(|seed| !names.insert(&seed.bug));
    again.map(|seed| format!("{}: two seeds have this name", seed.bug)).collect()
}

/// The bugs that the self-tests of other tasks build in, and that no list has.
fn missing(seeds: &[Seed]) -> Vec<String> {
    let needed = [
        ("step", step::SEEDS.to_vec()),
        ("tsan", tsan::SEEDS.to_vec()),
        ("fuzz", fuzz::SEEDS.iter().map(|(bug, _)| *bug).collect()),
        ("firmware", firmware::seeds().collect()),
    ];
    let pairs = needed.into_iter().flat_map(|(task, bugs)| bugs.into_iter().map(move |bug| (task, bug)));
    let missing = pairs.filter(|(_, bug)| seeds.iter().all(|seed| seed.bug != *bug));
    missing.map(|(task, bug)| format!("{bug}: `cargo xtask {task} --self-test` needs it, and no list has it")).collect()
}

/// What the tests' sources begin with, from the root of the workspace: a directory, or a file without its ending. An
/// integration test may be a file with a directory of the same name.
fn directory_of_tests(ws: &Workspace, seed: &Seed) -> Result<String> {
    let package = ws.package(&seed.package)?;
    let is_it = |kinds: &[TargetKind], name: &str| {
        let integration = kinds.contains(&TargetKind::Test);
        if seed.file == LIB { kinds.contains(&TargetKind::Lib) } else { integration && name == seed.file }
    };
    let target = package.targets.iter().find(|target| is_it(&target.kind, &target.name));
    let target = target.with_context(|| format!("{} has no test target {}", seed.package, seed.file))?;
    let source = target.src_path.as_std_path();
    let whole_directory = seed.file == LIB || source.ends_with("main.rs");
    let start = if whole_directory { source.with_file_name("") } else { source.with_extension("") };
    Ok(start.strip_prefix(ws.root())?.to_string_lossy().into_owned())
}

/// The tests of the seed that no source of its target has.
fn without_source(seed: &Seed, start: &str, files: &[File]) -> Vec<String> {
    let belongs = |file: &&File| {
        let rest = file.path.to_str().and_then(|path| path.strip_prefix(start));
        file.is_rust() && rest.is_some_and(|rest| rest.starts_with(['.', '/']))
    };
    let sources: Vec<_> = files.iter().filter(belongs).collect();
    let there = |test: &&String| sources.iter().any(|file| has_function(&file.text, test));
    let absent = seed.tests.iter().filter(|test| !there(test));
    absent.map(|test| format!("{}: {} of {} has no test {test}", seed.bug, seed.file, seed.package)).collect()
}

/// A test is named with its modules, and a function without.
fn has_function(source: &str, test: &str) -> bool {
    let name = test.rsplit("::").next().unwrap_or(test);
    let mut rests = source.split("fn ").skip(1).filter_map(|rest| rest.strip_prefix(name));
    rests.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::{missing, twice, without_source};
    use crate::seeds::list::{Seed, parse};
    use crate::tree::File;

    fn seeds(names: &[&str]) -> Vec<Seed> {
        let entry = |name: &&str| {
            format!(
                "[[seed]]\nbug = {name:?}\nsuite = \"loom\"\npackage = \"p\"\nfile = \"loom\"\ntests = [\"m::finds_it\"]\n\
                 [[seed.change]]\nfile = \"a\"\nfind = \"a\"\nreplace = \"b\"\n"
            )
        };
        parse(&names.iter().map(entry).collect::<String>()).unwrap()
    }

    #[test]
    fn a_name_that_two_seeds_have_is_told() {
        assert_eq!(twice(&seeds(&["a", "b", "a"])), ["a: two seeds have this name"]);
    }

    #[test]
    fn a_bug_that_a_self_test_needs_must_be_in_a_list() {
        let told = |names: &[&str]| missing(&seeds(names)).join("\n");
        assert!(told(&["other"]).contains("publish_early: `cargo xtask step --self-test` needs it"));
        assert!(!told(&["publish_early"]).contains("publish_early"));
    }

    #[test]
    fn a_test_must_be_a_function_in_the_sources_of_its_target() {
        let seed = seeds(&["a"]).remove(0);
        let lacks = |path: &str, text: &str| {
            let file = File { path: path.into(), text: text.into() };
            !without_source(&seed, "p/tests/loom", &[file]).is_empty()
        };
        assert!(!lacks("p/tests/loom.rs", "#[test]\nfn finds_it() {}"));
        assert!(!lacks("p/tests/loom/pairs.rs", "fn finds_it() {}"));
        assert!(lacks("p/tests/loom.rs", "fn finds_it_not() {}"));
        assert!(lacks("p/tests/loom_slots.rs", "fn finds_it() {}"));
        assert!(lacks("p/tests/loom.md", "fn finds_it() {}"));
    }
}
