//! The process tests that a platform cannot carry out: `tests/platforms.toml`, with a reason for each.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;

pub(super) const LIST: &str = "tests/platforms.toml";

#[derive(Deserialize)]
pub(super) struct List {
    left_out: Vec<LeftOut>,
}

#[derive(Deserialize)]
struct LeftOut {
    on: String,
    why: String,
    /// By the names that libtest has for them.
    tests: Vec<String>,
}

impl List {
    pub(super) fn load(ws: &Workspace) -> Result<Self> {
        toml::from_str(&fs::read_to_string(ws.root().join(LIST))?).context(LIST)
    }

    /// What is left out where all of that is so, by reasons.
    pub(super) fn on(&self, on: &[&str]) -> Vec<(&str, Vec<&str>)> {
        let rows = self.left_out.iter().filter(|row| on.contains(&row.on.as_str()));
        rows.map(|row| (row.why.as_str(), row.tests.iter().map(String::as_str).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LIST, List};
    use crate::platforms::list::PLATFORMS;
    use crate::tree;
    use crate::workspace::Workspace;

    #[test]
    fn each_test_that_is_left_out_exists_and_so_does_the_platform() {
        let ws = Workspace::load().unwrap();
        let files = tree::files(&ws).unwrap();
        let sources: String = files
            .iter()
            .filter(|file| file.is_rust() && file.path.starts_with(Path::new("tests")))
            .map(|file| file.text.as_str())
            .collect();
        for row in List::load(&ws).unwrap().left_out {
            let known = PLATFORMS.iter().any(|platform| platform.on.contains(&row.on.as_str()));
            assert!(known, "{LIST}: no platform is {}", row.on);
            for test in row.tests {
                let name = test.rsplit("::").next().unwrap();
                assert!(sources.contains(&format!("fn {name}()")), "{LIST}: there is no test {test}");
            }
        }
    }
}
