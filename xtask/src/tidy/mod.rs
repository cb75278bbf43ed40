//! `cargo xtask tidy`: policy on the text of the workspace. Every rule names the file, the line and what to do.

mod statics;

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::tree::{self, File};
use crate::workspace::Workspace;

/// Past this, look for the second job of the file.
const LONGEST: usize = 350;
/// A page that is read as a whole.
const ARCHITECTURE: &str = "ARCHITECTURE.md";
const LONGEST_ARCHITECTURE: usize = 150;
const LEFTOVERS: [&str; 4] = ["todo!(", "unimplemented!(", "#[ignore", "FIXME"];
const MACHINE_PATHS: [&str; 2] = ["/root/", "/work/"];
/// What the README opens with.
const QUICKSTART: &str = "terminate-std/examples/quickstart.rs";
/// Names what the rules look for.
const THIS: &str = "xtask/src/tidy/mod.rs";

#[derive(Deserialize)]
struct Manifest {
    workspace: Root,
}

#[derive(Deserialize)]
struct Root {
    package: Facts,
}

/// What `[workspace.package]` says, for the whole workspace.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Facts {
    version: String,
    rust_version: String,
}

pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let files = tree::files(ws)?;
    let find = |path: &str| files.iter().find(|file| file.path == Path::new(path));
    let manifest = &find("Cargo.toml").context("no Cargo.toml at the root")?.text;
    let facts = toml::from_str::<Manifest>(manifest)?.workspace.package;

    let mut complaints: Vec<_> = files.iter().flat_map(|file| complaints_about(file, &facts)).collect();
    for required in ["README.md", "CHANGELOG.md"] {
        if find(required).is_none() {
            complaints.push(format!("{required}: not there; the workspace needs one"));
        }
    }
    complaints.extend(find("CHANGELOG.md").and_then(|changes| changelog(&changes.text, &facts.version)));
    if let (Some(readme), Some(example)) = (find("README.md"), find(QUICKSTART)) {
        complaints.extend(quickstart(&readme.text, &example.text));
    }
    complaints.extend(find(ARCHITECTURE).and_then(|page| architecture(&page.text)));
    complaints.extend(statics::complaint(&files));
    if complaints.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    bail!("{} complaints\n  {}", complaints.len(), complaints.join("\n  "))
}

fn complaints_about(file: &File, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let name = file.path.file_name().unwrap_or_default();
    if file.is_rust() {
        found.extend(header(&file.text));
        if file.path.components().any(|part| part.as_os_str() == "src") {
            found.extend(length(file));
        }
    }
    if name == "Cargo.toml" && file.path.components().count() > 1 {
        found.extend(states_its_own_rust_version(&file.text));
    }
    if name == "README.md" {
        found.extend(other_rust_version(&file.text, &facts.rust_version));
    }
    if file.path != Path::new(THIS) {
        if file.is_rust() {
            found.extend(forbidden(&file.text, &LEFTOVERS, "left over"));
        }
        found.extend(forbidden(&file.text, &MACHINE_PATHS, "a path of one machine"));
    }
    found.into_iter().map(|complaint| format!("{}: {complaint}", file.path.display())).collect()
}

fn header(text: &str) -> Option<String> {
    let first = text.lines().next().unwrap_or_default();
    let good = first.starts_with("//! ") || first.starts_with("#![doc = include_str!(");
    (!good).then(|| "does not start with a `//!` that says what the file is for".to_owned())
}

fn length(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > LONGEST).then(|| format!("{lines} lines, {LONGEST} are the limit: look for the second job"))
}

fn architecture(text: &str) -> Option<String> {
    let lines = text.lines().count();
    let told = || format!("{ARCHITECTURE}: {lines} lines, {LONGEST_ARCHITECTURE} are the limit");
    (lines > LONGEST_ARCHITECTURE).then(told)
}

fn changelog(text: &str, version: &str) -> Option<String> {
    let told = |line: &str| line.split([' ', '[', ']']).any(|word| word == version);
    let found = text.lines().any(|line| line.starts_with('#') && told(line));
    (!found).then(|| format!("CHANGELOG.md: no heading for version {version}"))
}

/// The README's first program is the example, but for its header.
fn quickstart(readme: &str, example: &str) -> Option<String> {
    let (_, program) = example.split_once("\n\n").unwrap_or_default();
    let shown = readme.split("```").find_map(|block| block.strip_prefix("rust,no_run\n"));
    (shown != Some(program)).then(|| format!("README.md: its first program is not {QUICKSTART} without its header"))
}

fn states_its_own_rust_version(manifest: &str) -> Option<String> {
    let own = manifest.lines().find(|line| line.replace(' ', "").starts_with("rust-version="));
    own.map(|_| "states a rust-version of its own: write `rust-version.workspace = true`".to_owned())
}

/// A minimum version in prose, as in "Rust 1.88" or "MSRV: 1.88", must be the true one.
fn other_rust_version(text: &str, rust_version: &str) -> Option<String> {
    let mentions = |line: &&str| line.contains("MSRV") || line.contains("Rust 1.") || line.contains("rustc 1.");
    // "Measured by rustc 1.95" says which compiler it was, not which is needed.
    let lines = text.lines().filter(mentions).filter(|line| !line.contains("by rustc 1."));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_digit() && c != '.'));
    let mut versions = words.map(|word| word.trim_end_matches('.')).filter(|word| word.starts_with("1."));
    let other = versions.find(|version| *version != rust_version)?;
    Some(format!("says Rust {other}, Cargo.toml says {rust_version}"))
}

fn forbidden(text: &str, words: &[&str], what: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words = words.iter().filter(|&&word| line.contains(word));
        found.extend(words.map(|word| format!("line {number}: `{word}`, {what}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        let facts = Facts { version: "0.1.0".into(), rust_version: "1.88".into() };
        complaints_about(&File { path: path.into(), text: text.into() }, &facts)
    }

    #[test]
    fn a_source_says_what_it_is_for_on_its_first_line() {
        assert!(complaints("a/src/x.rs", "//! The job.\n").is_empty());
        assert!(complaints("a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty());
        for bad in ["", "use std::fs;\n//! Late.\n", "// A remark.\n", "//!\n"] {
            assert_eq!(complaints("a/src/x.rs", bad).len(), 1, "{bad}");
        }
        assert!(complaints("a/README.md", "prose").is_empty());
    }

    #[test]
    fn only_sources_have_a_greatest_length() {
        let text = "//! Long.\n".repeat(LONGEST + 1);
        assert_eq!(
            complaints("a/src/deep/x.rs", &text),
            ["a/src/deep/x.rs: 351 lines, 350 are the limit: look for the second job"]
        );
        assert!(complaints("a/tests/x.rs", &text).is_empty());
        assert!(complaints("a/src/x.rs", &"//! Just right.\n".repeat(LONGEST)).is_empty());
    }

    #[test]
    fn the_architecture_is_a_page_that_can_be_read_as_a_whole() {
        assert_eq!(architecture(&"a\n".repeat(LONGEST_ARCHITECTURE)), None);
        assert!(architecture(&"a\n".repeat(LONGEST_ARCHITECTURE + 1)).is_some());
    }

    #[test]
    fn what_is_left_over_is_found_with_its_line() {
        assert_eq!(
            complaints("a/tests/x.rs", "//! Job.\n#[ignore = \"slow\"]\n"),
            ["a/tests/x.rs: line 2: `#[ignore`, left over"]
        );
        assert_eq!(complaints("a/src/x.rs", "//! Job.\nfn f() { todo!() }\n").len(), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_every_kind_of_file() {
        for path in ["a/README.md", ".ci/run", "Cargo.toml"] {
            assert_eq!(complaints(path, "cd /root/x").len(), 1, "{path}");
        }
        assert!(complaints("README.md", "cd ~/x").is_empty());
    }

    #[test]
    fn the_version_needs_a_heading_in_the_changelog() {
        assert_eq!(changelog("# Changes\n\n## [0.1.0] - soon\n", "0.1.0"), None);
        assert_eq!(changelog("## 0.1.0\n", "0.1.0"), None);
        assert!(changelog("## 0.1.0-rc\n0.1.0 is near\n", "0.1.0").is_some());
    }

    #[test]
    fn the_readme_shows_the_quickstart_to_the_letter() {
        let example = "//! What it is.\n\nfn main() {}\n";
        assert_eq!(quickstart("Prose\n\n```rust,no_run\nfn main() {}\n```\n", example), None);
        assert!(quickstart("```rust,no_run\nfn main() { }\n```\n", example).is_some());
        assert!(quickstart("", example).is_some());
    }

    #[test]
    fn a_member_takes_the_rust_version_from_the_workspace() {
        assert!(complaints("a/Cargo.toml", "rust-version.workspace = true\n").is_empty());
        assert_eq!(complaints("a/Cargo.toml", "rust-version = \"1.80\"\n").len(), 1);
        assert!(complaints("Cargo.toml", "rust-version = \"1.88\"\n").is_empty());
    }

    #[test]
    fn a_readme_may_only_mention_the_true_rust_version() {
        assert!(complaints("README.md", "Needs Rust 1.88.\nSince terminate 1.2, that is.").is_empty());
        assert!(complaints("README.md", "92 bytes, measured by rustc 1.95.0").is_empty());
        assert_eq!(complaints("a/README.md", "MSRV: 1.87"), ["a/README.md: says Rust 1.87, Cargo.toml says 1.88"]);
    }
}
