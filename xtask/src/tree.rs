//! The text files of the workspace: not what is built, and nothing hidden but the CI's own directories.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use crate::workspace::Workspace;

pub(crate) struct File {
    /// Relative to the workspace's root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.extension() == Some(OsStr::new("rs"))
    }
}

/// Every text file, in the order of the paths.
pub(crate) fn files(ws: &Workspace) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(ws.root()).sort_by_file_name().into_iter().filter_entry(ours) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).with_context(|| entry.path().display().to_string())?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File { path: entry.path().strip_prefix(ws.root())?.to_owned(), text });
            }
        }
    }
    Ok(files)
}

fn ours(entry: &DirEntry) -> bool {
    const OUR_HIDDEN: [&str; 3] = [".cargo", ".ci", ".github"];
    let name = entry.file_name().to_string_lossy();
    let built = name == "target" && entry.file_type().is_dir();
    entry.depth() == 0 || (!built && (!name.starts_with('.') || OUR_HIDDEN.contains(&&*name)))
}
