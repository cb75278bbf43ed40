//! `cargo xtask glibc`: process tests with the C library of Debian 13. Since 2.41, glibc lets one thread into `exit`.
//!
//! apt fetches the packages from the mirror that this machine uses. It installs nothing: its lists and its configuration are
//! below the target directory. The loader of the unpacked library then starts each fixture.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, ensure};
use clap::Args;
use xshell::{Cmd, cmd};

use crate::libtest::{self, Tally};
use crate::watchdog::watch;
use crate::workspace::{self, Workspace};
use crate::{test, tree};

const VERSION: &str = "2.41";
const RELEASE: &str = "trixie";
const PACKAGES: [&str; 2] = ["libc6", "libgcc-s1"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The test programs: how a name begins.
const TESTS: [&str; 7] = ["c_library", "cases_", "g1_", "g8_", "g12_", "panic_abort", "traps_exit_races"];

/// How long the step of CI may take to fetch the packages.
const FETCH: Duration = Duration::from_secs(3 * 60);

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only the test programs whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Fails if the library cannot be had.
pub(crate) fn run(ws: &Workspace, options: &Options) -> Result<()> {
    let mut tally = Tally::default();
    let result = run_tests(ws, &loader(ws)?, options, &mut tally);
    println!("{tally}");
    result
}

/// The step of CI, which is skipped if the library cannot be had.
pub(crate) fn step(ws: &Workspace, tally: &mut Tally) -> Result<()> {
    match watch(FETCH, || loader(ws)) {
        Ok(loader) => run_tests(ws, &loader, &Options::default(), tally),
        Err(reason) => {
            println!("SKIPPED: {reason:#}");
            tally.not_done.insert(format!("tests with glibc {VERSION}: {reason:#}"));
            Ok(())
        }
    }
}

fn run_tests(ws: &Workspace, loader: &Path, options: &Options, tally: &mut Tally) -> Result<()> {
    let tests = chosen(&tree::files(ws)?, options.only.as_deref());
    ensure!(!tests.is_empty(), "no test program of that name");
    let abort_fixture = workspace::built(test::abort_fixture(ws), test::FIXTURE)?;
    let build = cmd!(ws.sh, "cargo test --quiet --no-run --workspace").args(&tests);
    let fixture = workspace::executable(&workspace::artifacts(build)?, test::FIXTURE)?;

    let libraries = loader.parent().context("a loader is in a directory")?;
    let said = cmd!(ws.sh, "{loader} --library-path {libraries} {fixture} c-library").read()?;
    ensure!(said == format!("glibc {VERSION}"), "the fixture reports {said}, not glibc {VERSION}");
    println!("the fixture reports {said}");

    cmd!(ws.sh, "cargo build --quiet --workspace --examples").run()?;
    let cargo = cmd!(ws.sh, "cargo test --no-fail-fast --workspace").args(&tests);
    let cargo = cargo.env("TERMINATE_LOADER", loader).env("TERMINATE_GLIBC", VERSION);
    let cargo = cargo.env(test::EXAMPLES, ws.target("debug/examples"));
    libtest::run(cargo.env(test::ABORT_FIXTURE, abort_fixture), tally)
}

/// The process tests to run, as arguments of cargo.
fn chosen(files: &[tree::File], only: Option<&str>) -> Vec<String> {
    let names = files.iter().filter(|file| file.is_rust() && file.path.parent() == Some(Path::new("tests/tests")));
    let names = names.filter_map(|file| file.path.file_stem()?.to_str());
    let names = names.filter(|name| TESTS.iter().any(|start| name.starts_with(start)));
    names.filter(|name| only.is_none_or(|only| name.contains(only))).map(|name| format!("--test={name}")).collect()
}

/// The loader of the unpacked library.
fn loader(ws: &Workspace) -> Result<PathBuf> {
    let directory = ws.target("glibc");
    let root = directory.join("root");
    if !root.exists() {
        unpack(ws, &directory).with_context(|| format!("Debian's {} cannot be had", PACKAGES.join(" and ")))?;
    }
    find_loader(&root)?.context("the packages have no loader")
}

/// Looks for `usr/lib/<architecture>/ld-linux-….so.…`.
fn find_loader(root: &Path) -> io::Result<Option<PathBuf>> {
    for architecture in fs::read_dir(root.join("usr/lib"))? {
        let architecture = architecture?;
        if !architecture.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(architecture.path())? {
            let file = file?;
            if file.file_name().as_encoded_bytes().starts_with(b"ld-linux") {
                return Ok(Some(file.path()));
            }
        }
    }
    Ok(None)
}

/// Fetches the packages, and unpacks them into `root`, which appears when it is complete.
fn unpack(ws: &Workspace, directory: &Path) -> Result<()> {
    let packages = directory.join("packages");
    if packages.exists() {
        fs::remove_dir_all(&packages)?;
    }
    for needed in ["packages/root", "lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(directory.join(needed))?;
    }
    fs::write(directory.join("status"), "")?;
    let signed_by = if Path::new(KEYRING).exists() { format!("[signed-by={KEYRING}] ") } else { String::new() };
    let source = format!("deb {signed_by}{} {RELEASE} main\n", mirror(ws)?);
    fs::write(directory.join("sources.list"), source)?;

    let inside = ws.sh.push_dir(&packages);
    apt(ws, directory, &["update"]).run()?;
    apt(ws, directory, &["download"]).args(PACKAGES).run()?;
    for file in fs::read_dir(&packages)? {
        let package = file?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            cmd!(ws.sh, "dpkg-deb -x {package} root").run()?;
        }
    }
    drop(inside);
    Ok(fs::rename(packages.join("root"), directory.join("root"))?)
}

/// Where apt gets the packages of this machine from.
fn mirror(ws: &Workspace) -> Result<String> {
    let wanted = ["--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"];
    let targets = cmd!(ws.sh, "apt-get indextargets").args(wanted).read()?;
    // The archive of security updates has no release of its own name.
    let mirror = targets.lines().find(|target| !target.contains("security"));
    Ok(mirror.context("apt has no mirror")?.to_owned())
}

/// An apt that knows nothing of what this machine has installed.
fn apt<'a>(ws: &'a Workspace, directory: &Path, what: &[&str]) -> Cmd<'a> {
    let path = |name: &str| directory.join(name).display().to_string();
    let options = [
        format!("Dir::Etc::sourcelist={}", path("sources.list")),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", path("lists")),
        format!("Dir::State::status={}", path("status")),
        format!("Dir::Cache={}", path("cache")),
        "APT::Sandbox::User=root".to_owned(),
        "APT::Update::Error-Mode=any".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "Acquire::Retries=1".to_owned(),
    ];
    let options = options.iter().flat_map(|option| ["-o", option]);
    cmd!(ws.sh, "apt-get --quiet --quiet").args(options).args(what).quiet()
}

#[cfg(test)]
mod tests {
    use super::chosen;
    use crate::tree;
    use crate::workspace::Workspace;

    #[test]
    fn guarantees_one_and_eight_are_chosen_but_not_ten() {
        let files = tree::files(&Workspace::load().unwrap()).unwrap();
        let all = chosen(&files, None);
        for name in ["g1_exactly_once", "g8_truthful_end", "cases_exit", "panic_abort", "traps_exit_races"] {
            assert!(all.contains(&format!("--test={name}")), "{all:?}");
        }
        assert!(!all.contains(&"--test=g10_fork".to_owned()), "{all:?}");
        assert_eq!(chosen(&files, Some("cases_exit")), ["--test=cases_exit"]);
    }
}
