//! Every set of terminate-core's features, for every target: it compiles, or says which feature is missing.

use anyhow::{Result, ensure};

use super::Row;
use super::target::Target;
use super::toolchain::Toolchain;
use crate::features::sets;
use crate::workspace::Workspace;

const CORE: &str = "terminate-core";
/// What a target without compare-and-swap needs.
const NEEDED: &str = "critical-section";

pub(crate) fn run(ws: &Workspace, target: &Target, toolchain: &Toolchain) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for set in sets(&ws.package(CORE)?.features) {
        let features = set.join(",");
        let directory = ws.target(toolchain.directory());
        let check = toolchain.cargo(ws, "check", target.triple, "");
        let check =
            check.args(["--quiet", "--locked", "--no-default-features", "--package", CORE, "--features", &features]);
        let output = check.arg("--target-dir").arg(directory).ignore_status().quiet().output()?;
        let wrong = judge(target, &set, output.status.success(), &String::from_utf8_lossy(&output.stderr));
        let set = if features.is_empty() { "none" } else { &features };
        rows.push(Row::new(target, format!("features: {set}"), wrong));
    }
    ensure!(rows.len() > 1, "{CORE} has no features");
    Ok(rows)
}

fn judge(target: &Target, set: &[&str], compiled: bool, message: &str) -> Option<String> {
    let must_compile = !target.critical_section || set.contains(&NEEDED);
    let names_it = message.contains("no compare-and-swap") && message.contains(NEEDED);
    match (must_compile, compiled) {
        (true, true) => None,
        (true, false) => Some(format!("it does not compile:\n{message}")),
        (false, true) => Some(format!("it compiles without {NEEDED}")),
        (false, false) => (!names_it).then(|| format!("the message does not name {NEEDED}:\n{message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::TARGETS;
    use super::judge;

    #[test]
    fn a_target_without_compare_and_swap_must_say_what_it_needs() {
        let without = TARGETS.iter().find(|target| target.critical_section).unwrap();
        let message = "this target has no compare-and-swap: turn on `critical-section`";
        assert_eq!(judge(without, &[], false, message), None);
        assert!(judge(without, &[], false, "error: something else").is_some());
        assert!(judge(without, &[], true, "").is_some());
        assert!(judge(without, &["critical-section"], false, message).is_some());
        assert_eq!(judge(without, &["critical-section"], true, ""), None);
    }

    #[test]
    fn a_target_with_compare_and_swap_compiles_with_every_set() {
        assert_eq!(judge(&TARGETS[0], &[], true, ""), None);
        assert!(judge(&TARGETS[0], &[], false, "").is_some());
    }
}
