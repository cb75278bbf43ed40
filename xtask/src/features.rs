//! Each crate compiles with none of its features, with each alone, and with all.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

pub(crate) fn run(ws: &Workspace) -> Result<()> {
    for package in ws.packages() {
        let name = package.name.as_str();
        for set in sets(&package.features) {
            let features = set.join(",");
            cmd!(ws.sh, "cargo check --quiet --package {name} --no-default-features --features={features}")
                .run()
                .with_context(|| format!("{name} does not compile with the features [{features}]"))?;
        }
    }
    Ok(())
}

/// None, each alone, all; without repeating one.
pub(crate) fn sets(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<&str>> {
    let all: Vec<_> = features.keys().map(String::as_str).collect();
    let mut sets = vec![Vec::new()];
    sets.extend(all.iter().map(|&feature| vec![feature]));
    if all.len() > 1 {
        sets.push(all);
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, sets};

    fn features(names: &[&str]) -> BTreeMap<String, Vec<String>> {
        names.iter().map(|&name| (name.to_owned(), Vec::new())).collect()
    }

    #[test]
    fn a_crate_without_features_is_checked_once() {
        assert_eq!(sets(&features(&[])), [[""; 0]]);
    }

    #[test]
    fn one_feature_alone_is_all_of_them() {
        assert_eq!(sets(&features(&["a"])), [vec![], vec!["a"]]);
    }

    #[test]
    fn several_are_checked_alone_and_together() {
        let expected = [vec![], vec!["a"], vec!["b"], vec!["default"], vec!["a", "b", "default"]];
        assert_eq!(sets(&features(&["b", "default", "a"])), expected);
    }
}
