//! The lists of seeded bugs, `seeds/*.toml`: each bug is a change of the source, with the tests that must find it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::cfgs::Cfgs;
use crate::workspace::Workspace;

/// Where the lists are, from the root of the workspace.
const DIRECTORY: &str = "seeds";
/// The `file` of a seed whose tests are unit tests.
pub(super) const LIB: &str = "lib";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    seed: Vec<Seed>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    pub(super) bug: String,
    suite: Suite,
    pub(super) package: String,
    /// The integration test, as after `--test`, or [`LIB`].
    pub(super) file: String,
    pub(super) tests: BTreeSet<String>,
    #[serde(default)]
    cfgs: Vec<String>,
    /// Whether the tests need the fixture whose panics abort: another build.
    #[serde(default)]
    aborts: bool,
    pub(super) change: Vec<Change>,
}

/// What the bug is in one place of the source.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// From the root of the workspace.
    pub(super) file: PathBuf,
    find: String,
    replace: String,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Suite {
    Loom,
    Plain,
}

/// The program that holds the tests of a seed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Suspect {
    pub(super) cfgs: Cfgs,
    pub(super) package: String,
    pub(super) file: String,
    pub(super) aborts: bool,
}

impl Seed {
    pub(super) fn suspect(&self) -> Suspect {
        let cfgs = Cfgs { loom: self.suite == Suite::Loom, set: self.cfgs.clone() };
        Suspect { cfgs, package: self.package.clone(), file: self.file.clone(), aborts: self.aborts }
    }

    /// The changed files with their new texts, for a tree whose files `read` returns.
    pub(super) fn applied(&self, read: impl Fn(&Path) -> Result<String>) -> Result<BTreeMap<&Path, String>> {
        let mut texts = BTreeMap::new();
        for Change { file, find, replace } in &self.change {
            let text = match texts.remove(file.as_path()) {
                Some(text) => text,
                None => read(file)?,
            };
            let occurrences = if find.is_empty() { 0 } else { text.matches(find).count() };
            let (bug, place) = (&self.bug, file.display());
            ensure!(occurrences == 1, "{bug}: its text to find is {occurrences} times in {place}, not once:\n{find}");
            ensure!(find != replace, "{bug}: a change of {place} changes nothing");
            texts.insert(file.as_path(), text.replacen(find, replace, 1));
        }
        Ok(texts)
    }
}

/// All seeds, in the order of the lists' names.
pub(super) fn read(ws: &Workspace) -> Result<Vec<Seed>> {
    let directory = ws.root().join(DIRECTORY);
    let entries = fs::read_dir(&directory).with_context(|| format!("{DIRECTORY}: the lists of seeds must be there"))?;
    let mut lists = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    lists.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    lists.sort();
    ensure!(!lists.is_empty(), "{DIRECTORY}: there is no list of seeds");
    let mut seeds = Vec::new();
    for list in lists {
        seeds.extend(parse(&fs::read_to_string(&list)?).with_context(|| list.display().to_string())?);
    }
    Ok(seeds)
}

pub(super) fn parse(list: &str) -> Result<Vec<Seed>> {
    let List { seed: seeds } = toml::from_str(list)?;
    ensure!(!seeds.is_empty(), "the list is empty");
    for Seed { bug, tests, change, .. } in &seeds {
        ensure!(!tests.is_empty(), "{bug}: no test is there to find it");
        ensure!(!change.is_empty(), "{bug}: it changes nothing");
    }
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Seed, parse};

    /// A list with one seed of one change, and the rest of its lines.
    fn list(find: &str, replace: &str, rest: &str) -> String {
        format!(
            "[[seed]]\nbug = \"b\"\nsuite = \"plain\"\npackage = \"p\"\nfile = \"f\"\ntests = [\"t\"]\n\
             [[seed.change]]\nfile = \"a.rs\"\nfind = {find:?}\nreplace = {replace:?}\n{rest}"
        )
    }

    fn seed(find: &str, replace: &str, rest: &str) -> Seed {
        parse(&list(find, replace, rest)).unwrap().remove(0)
    }

    fn applied(seed: &Seed, text: &str) -> Option<String> {
        seed.applied(|_| Ok(text.to_owned())).ok()?.remove(Path::new("a.rs"))
    }

    #[test]
    fn a_change_applies_where_its_text_is_once() {
        let seed = seed("one\n", "two\n", "");
        assert_eq!(applied(&seed, "one\nrest").unwrap(), "two\nrest");
        assert_eq!(applied(&seed, "one\none\n"), None);
        assert_eq!(applied(&seed, "none of it"), None);
    }

    #[test]
    fn two_changes_of_one_file_both_apply() {
        let second = "[[seed.change]]\nfile = \"a.rs\"\nfind = \"two\"\nreplace = \"2\"\n";
        assert_eq!(applied(&seed("one", "1", second), "one two").unwrap(), "1 2");
    }

    #[test]
    fn a_change_that_changes_nothing_is_refused() {
        assert_eq!(applied(&seed("one", "one", ""), "one"), None);
        assert_eq!(applied(&seed("", "one", ""), "one"), None);
    }

    #[test]
    fn a_list_that_is_empty_or_has_an_unknown_key_is_refused() {
        for bad in ["", "seed = []\n"] {
            parse(bad).unwrap_err();
        }
        parse(&list("a", "b", "lines = 1\n")).unwrap_err();
    }

    #[test]
    fn a_seed_without_tests_or_changes_is_refused() {
        parse(&list("a", "b", "").replace("[\"t\"]", "[]")).unwrap_err();
        parse(list("a", "b", "").split_once("[[seed.change]]").unwrap().0).unwrap_err();
    }
}
