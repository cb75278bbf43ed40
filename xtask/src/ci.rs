//! `cargo xtask ci`: all that a change must pass, the quick things first.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::Result;
use xshell::cmd;

use crate::steps::Step;
use crate::workspace::Workspace;
use crate::{
    audit, bench, circles, counts, examples, explore, features, firmware, flake, fuzz, no_std, platforms, seeds, size,
    step, test, tidy, tsan, windows,
};

/// The cfgs under which the core is other code than by default, with what each needs besides.
const CORE_CFGS: [(&str, &[&str]); 5] = [
    ("loom", &["--lib", "--test=loom", "--test=loom_slots"]),
    ("terminate_critical_section", &["--lib", "--features=critical-section"]),
    ("terminate_narrow_word", &["--lib"]),
    ("terminate_small_counter", &["--lib"]),
    ("terminate_always_listed", &["--lib"]),
];

pub(crate) fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("format", format),
        Step::new("tidy", tidy::run),
        Step::new("circles", circles::run),
        Step::new("seeds, check", |ws| seeds::run(ws, &seeds::Options::check())),
        Step::new("clippy", clippy).last_use_of(&["clippy"]),
        Step::new("docs", |ws| {
            Ok(cmd!(ws.sh, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").run()?)
        })
        .last_use_of(&["doc"]),
        Step::new("an example for each item", examples::run).last_use_of(&["examples"]),
        Step::new("features", features::run),
        Step::new("no std, no alloc", no_std::run),
        Step::new("handler path", |ws| audit::run(ws, &audit::Options::default())),
        Step::new("handler path, self-test", audit::self_test).last_use_of(&["audit"]),
        Step::new("instruction counts", |ws| counts::run(ws, &counts::Options::default())),
    ];
    steps.extend(test::steps());
    steps.extend([
        Step::tests("explore", explore::run),
        Step::tests("glibc 2.41", crate::glibc::step),
        Step::tests("platforms, quick", platforms::step).last_use_of(&["platforms", "tests", "abort"]),
        Step::tests("Windows", windows::step).last_use_of(&["windows"]),
        Step::new("firmware", |ws| firmware::run(ws, &firmware::Options::default())),
        Step::new("sizes", |ws| size::run(ws, &size::Options::default())).last_use_of(&[
            "firmware",
            "firmware-cfgs",
            "picolibc",
        ]),
        Step::new("crates and bytes", bench::weight::check).last_use_of(&["weight"]),
        Step::new("tour, 3 times", |ws| flake::run(ws, &flake::Options::tour(3))),
        Step::tests("core, thread sanitizer", |ws, tally| tsan::run(ws, &tsan::Options::default(), tally))
            .last_use_of(&["tsan"]),
        Step::new("step", |ws| step::run(ws, &step::Options::default())),
        Step::new("step, self-test", step::self_test).last_use_of(&["scratch"]),
        Step::new("storm, 2 minutes", storm),
        Step::new("fuzz, 2 minutes", |ws| fuzz::run(ws, &fuzz::Options::default())),
        Step::new("packages", package),
    ]);
    steps
}

fn format(ws: &Workspace) -> Result<()> {
    cmd!(ws.sh, "cargo fmt --all --check").run()?;
    for manifest in [firmware::MANIFEST, windows::MANIFEST, platforms::WASI] {
        cmd!(ws.sh, "cargo fmt --all --check --manifest-path {manifest}").run()?;
    }
    Ok(())
}

fn clippy(ws: &Workspace) -> Result<()> {
    cmd!(ws.sh, "cargo clippy --workspace --all-targets -- -D warnings").run()?;
    cmd!(ws.sh, "cargo clippy --package terminate-std --test explore -- -D warnings").run()?;
    cmd!(ws.sh, "cargo clippy --package terminate-fuzz --test signal_path -- -D warnings").run()?;
    cmd!(ws.sh, "cargo clippy --package terminate-core --all-targets --features critical-section -- -D warnings")
        .run()?;
    let target = ws.target("clippy");
    for (cfg, what) in CORE_CFGS {
        // clippy takes the place of the wrapper through which tests get their cfgs.
        let clippy =
            cmd!(ws.sh, "cargo clippy --package terminate-core --target-dir {target} {what...} -- -D warnings");
        clippy.env("RUSTFLAGS", format!("--cfg {cfg}")).run()?;
    }
    firmware::clippy(ws)
}

/// The built-in target of the storm, which is terminate-std with everything in use. Meanwhile the fuzz targets are built: signals come
/// at other moments on a busy machine. If they do not build, the next step says why.
fn storm(ws: &Workspace) -> Result<()> {
    let storm = cmd!(ws.sh, "cargo run --quiet --release --package terminate-fuzz --bin storm --");
    let fuzz_targets = fuzz::start_build(ws).ok();
    let stormed = storm.args(["--seconds", "120", "--seed", "1"]).run();
    fuzz_targets.map(|mut build| build.wait()).transpose()?;
    Ok(stormed?)
}

/// Removes what cargo has kept of a package of that name and version: it takes one that it has unpacked before for the same,
/// whatever is in it now. Those of the real registries stay: only the directory of a local one has no host in its name.
fn forget_unpacked(package: &str) -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| Some(env::home_dir()?.join(".cargo"))) else { return Ok(()) };
    let Ok(registries) = fs::read_dir(home.join("registry/src")) else { return Ok(()) };
    for registry in registries {
        let registry = registry?;
        let unpacked = registry.path().join(package);
        if registry.file_name().as_encoded_bytes().starts_with(b"-") && unpacked.exists() {
            fs::remove_dir_all(unpacked)?;
        }
    }
    Ok(())
}

/// Packs the crates to be published and builds what was packed, each against the others' packages.
pub(crate) fn package(ws: &Workspace) -> Result<()> {
    // An empty list of registries is `publish = false`.
    let public = || ws.packages().iter().filter(|package| package.publish.as_deref() != Some(&[]));
    for package in public() {
        forget_unpacked(&format!("{}-{}", package.name, package.version))?;
    }
    let packages = public().map(|package| format!("--package={}", package.name));
    // Nor is what it has built of them built again, in the same target directory.
    let target = ws.target("packages");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    Ok(cmd!(ws.sh, "cargo package --allow-dirty --target-dir {target} {packages...}").run()?)
}
