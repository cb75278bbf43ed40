//! How to start a program of this package: as it is, or through the loader of another C library.
//!
//! `TERMINATE_LOADER` names that loader. The libraries are the ones beside it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The words of a command line that starts the program.
#[must_use]
pub fn words(program: &Path) -> Vec<OsString> {
    let Some(loader) = loader() else { return vec![program.into()] };
    let libraries = loader.parent().map_or_else(OsString::new, Into::into);
    vec![loader.into(), "--library-path".into(), libraries, program.into()]
}

/// The words of a command line that starts this program once more.
#[must_use]
pub fn words_of_this_program() -> Vec<OsString> {
    // Where a loader started this program, the loader is what the kernel knows, and the first argument is the program.
    let started = loader().and_then(|_| env::args_os().next()).map(PathBuf::from);
    words(&started.unwrap_or_else(|| env::current_exe().expect("this program has a path")))
}

/// A command of those words.
#[must_use]
pub fn command(words: &[OsString]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn loader() -> Option<PathBuf> {
    env::var_os("TERMINATE_LOADER").map(PathBuf::from)
}
