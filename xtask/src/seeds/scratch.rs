//! A copy of the workspace below the target directory, into which seeded bugs are built, one at a time.
//!
//! The copy has a target directory of its own, so that no other build takes a program with a bug for a sound one. Only files
//! that differ are written, and each write gives the file a fresh time. So cargo builds again just what a bug changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;
use xshell::cmd;

use super::list::{self, Seed};
use crate::workspace::Workspace;

pub(crate) struct Scratch {
    ws: Workspace,
    seeds: Vec<Seed>,
    /// The files that have a bug now, as they are without it.
    planted: BTreeMap<PathBuf, String>,
}

impl Scratch {
    /// The copy of that name, brought up to date. It has no bug.
    pub(crate) fn new(ws: &Workspace, name: &str) -> Result<Self> {
        let directory = ws.target("scratch").join(name);
        let tree = directory.join("tree");
        let seeds = list::read(ws)?;
        copy(ws.root(), &tree, &files(ws)?)?;
        Ok(Self { ws: Workspace::at(&tree, &directory.join("target"))?, seeds, planted: BTreeMap::new() })
    }

    /// The copy as a workspace.
    pub(crate) fn workspace(&self) -> &Workspace {
        &self.ws
    }

    /// Takes out the bug that is there, and builds this one in.
    pub(crate) fn plant(&mut self, bug: Option<&str>) -> Result<()> {
        for (file, text) in &self.planted {
            fs::write(self.ws.root().join(file), text)?;
        }
        self.planted.clear();
        let Some(bug) = bug else { return Ok(()) };
        let seed = self.seeds.iter().find(|seed| seed.bug == bug);
        let seed = seed.with_context(|| format!("no list of seeds has a bug {bug}"))?;
        let read = |file: &Path| fs::read_to_string(self.ws.root().join(file)).context(file.display().to_string());
        for (file, text) in seed.applied(read)? {
            self.planted.insert(file.to_owned(), read(file)?);
            fs::write(self.ws.root().join(file), text)?;
        }
        Ok(())
    }
}

/// The files that git tracks, and those that it would track if they were added.
fn files(ws: &Workspace) -> Result<BTreeSet<PathBuf>> {
    let list = cmd!(ws.sh, "git ls-files -z --cached --others --exclude-standard").quiet().read()?;
    // What was deleted and not yet committed is still in the list.
    let there = |path: &PathBuf| ws.root().join(path).is_file();
    Ok(list.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).filter(there).collect())
}

/// Makes `to` have exactly these files of `from`. Those that are equal keep their times.
fn copy(from: &Path, to: &Path, files: &BTreeSet<PathBuf>) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in WalkDir::new(to) {
        let entry = entry?;
        if !entry.file_type().is_dir() && !files.contains(entry.path().strip_prefix(to)?) {
            fs::remove_file(entry.path())?;
        }
    }
    for file in files {
        let (source, copied) = (from.join(file), to.join(file));
        let bytes = fs::read(&source).with_context(|| source.display().to_string())?;
        if fs::read(&copied).ok().as_ref() != Some(&bytes) {
            fs::create_dir_all(copied.with_file_name(""))?;
            fs::write(&copied, bytes)?;
        }
        let permissions = fs::metadata(&source)?.permissions();
        if fs::metadata(&copied)?.permissions() != permissions {
            fs::set_permissions(&copied, permissions)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    use super::{Scratch, copy, list};
    use crate::workspace::Workspace;

    const LIST: &str = "[[seed]]\nbug = \"b\"\nsuite = \"plain\"\npackage = \"p\"\nfile = \"f\"\ntests = [\"t\"]\n\
                        [[seed.change]]\nfile = \"src/a.rs\"\nfind = \"sound\"\nreplace = \"wrong\"\n";

    fn written(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(root: &Path, file: &str) -> String {
        fs::read_to_string(root.join(file)).unwrap()
    }

    #[test]
    fn a_copy_has_exactly_the_files_and_equal_ones_keep_their_times() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (root, file, text) in [
            (&from, "same", "1"),
            (&to, "same", "1"),
            (&from, "a/new", "2"),
            (&from, "other", "3"),
            (&to, "other", "4"),
            (&to, "old", "5"),
        ] {
            written(root.path(), file, text);
        }
        let long_ago = SystemTime::UNIX_EPOCH;
        for file in ["same", "other"] {
            fs::File::open(to.path().join(file)).unwrap().set_modified(long_ago).unwrap();
        }
        let files: BTreeSet<PathBuf> = ["same", "a/new", "other"].map(PathBuf::from).into();
        copy(from.path(), to.path(), &files).unwrap();
        assert_eq!(["same", "a/new", "other"].map(|file| read(to.path(), file)), ["1", "2", "3"]);
        assert!(!to.path().join("old").exists());
        let keeps_its_time = |file: &str| fs::metadata(to.path().join(file)).unwrap().modified().unwrap() == long_ago;
        assert!(keeps_its_time("same") && !keeps_its_time("other"));
    }

    #[test]
    fn a_bug_is_planted_and_taken_out_again() {
        let tree = tempfile::tempdir().unwrap();
        written(tree.path(), "src/a.rs", "sound");
        written(tree.path(), "src/lib.rs", "");
        written(tree.path(), "Cargo.toml", "[package]\nname = \"p\"\n\n[workspace]\n");
        let ws = Workspace::at(tree.path(), &tree.path().join("target")).unwrap();
        let mut scratch = Scratch { ws, seeds: list::parse(LIST).unwrap(), planted: BTreeMap::new() };
        scratch.plant(Some("b")).unwrap();
        assert_eq!(read(tree.path(), "src/a.rs"), "wrong");
        scratch.plant(Some("b")).unwrap();
        assert_eq!(read(tree.path(), "src/a.rs"), "wrong");
        scratch.plant(Some("no such bug")).unwrap_err();
        assert_eq!(read(tree.path(), "src/a.rs"), "sound");
    }
}
