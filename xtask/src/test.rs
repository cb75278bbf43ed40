//! `cargo xtask test`: all tests that need no other toolchain and no emulator.

use anyhow::Result;
use xshell::{Cmd, cmd};

use crate::cfgs::Cfgs;
use crate::libtest::{self, Tally};
use crate::step;
use crate::steps::Step;
use crate::workspace::{self, Workspace};

/// The package of the process tests, and the program of it that most of them start.
pub(crate) const PROCESS_TESTS: &str = "terminate-tests";
pub(crate) const FIXTURE: &str = "fixture";
/// Tells them where that is, and the other programs.
pub(crate) const FIXTURES: &str = "TERMINATE_FIXTURES";
/// Tells them where the examples are, which they build themselves otherwise.
pub(crate) const EXAMPLES: &str = "TERMINATE_EXAMPLES";
/// Tells them where the fixture is that aborts on panic.
pub(crate) const ABORT_FIXTURE: &str = "TERMINATE_FIXTURE_ABORT";

pub(crate) fn steps() -> Vec<Step> {
    vec![
        Step::tests("tests of the workspace", whole_workspace),
        Step::new("signal path, not optimised", |ws| {
            step::signal_path(cmd!(ws.sh, "cargo test --quiet --no-run --workspace --test signal_path")).map(drop)
        }),
        Step::tests("the feature tracing", |ws, tally| {
            libtest::run(cmd!(ws.sh, "cargo test --package terminate-std --features tracing --test traced"), tally)
        }),
        Step::tests("core, a list always", |ws, tally| core(ws, "terminate_always_listed", &[], tally)),
        Step::tests("core, 32-bit words", |ws, tally| core(ws, "terminate_narrow_word", &[], tally)),
        Step::tests("core, counters that wrap", |ws, tally| core(ws, "terminate_small_counter", &[], tally)),
        Step::tests("core, critical sections", |ws, tally| {
            core(ws, "terminate_critical_section", &["--features=critical-section"], tally)
        }),
        Step::tests("core, loom", |ws, tally| loom(ws, &Cfgs::loom(), tally)),
        Step::tests("core, loom, a list always", |ws, tally| {
            loom(ws, &Cfgs::loom().and("terminate_always_listed".to_owned()), tally)
        }),
        Step::tests("core, loom, 32-bit words", |ws, tally| {
            loom(ws, &Cfgs::loom().and("terminate_narrow_word".to_owned()), tally)
        }),
        Step::tests("life cycle, loom", |ws, tally| {
            let test = cmd!(ws.sh, "cargo test --package terminate-std --lib");
            libtest::run(Cfgs::loom().apply(ws, test)?, tally)
        })
        .last_use_of(&["loom"]),
    ]
}

/// Unit, integration, process, property and doc tests. The process tests also get the fixture under `panic = "abort"`:
/// one build of the workspace has one panic strategy, so that one is built apart.
fn whole_workspace(ws: &Workspace, tally: &mut Tally) -> Result<()> {
    let fixture = workspace::built(abort_fixture(ws), FIXTURE)?;
    let test = cmd!(ws.sh, "cargo test --workspace").env(ABORT_FIXTURE, fixture);
    // Cargo builds them before the first test. If a test built them, for its package alone, other features would make other builds.
    libtest::run(test.env(EXAMPLES, ws.target("debug/examples")), tally)
}

/// The build of the fixture of the process tests with `panic = "abort"`.
pub(crate) fn abort_fixture(ws: &Workspace) -> Cmd<'_> {
    cmd!(ws.sh, "cargo build --quiet --package {PROCESS_TESTS} --bin {FIXTURE} --profile abort")
}

fn core(ws: &Workspace, cfg: &str, features: &[&str], tally: &mut Tally) -> Result<()> {
    let test = cmd!(ws.sh, "cargo test --package terminate-core {features...}");
    libtest::run(Cfgs::one(cfg).apply(ws, test)?, tally)
}

fn loom(ws: &Workspace, cfgs: &Cfgs, tally: &mut Tally) -> Result<()> {
    let test = cmd!(ws.sh, "cargo test --package terminate-core --test loom --test loom_slots");
    libtest::run(cfgs.apply(ws, test)?, tally)
}
