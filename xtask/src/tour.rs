//! What the tour of terminate-std reports, as JSON.

use std::fmt;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// The example of that name.
pub(crate) const NAME: &str = "tour";

/// One way to end.
#[derive(Deserialize)]
pub(crate) struct Case {
    #[serde(rename = "case")]
    pub(crate) name: String,
    hooks: Value,
    ended: Value,
    expected: Value,
    pub(crate) ok: bool,
    /// Why it has another end here than on Linux with glibc.
    #[serde(default)]
    pub(crate) differs: String,
}

pub(crate) fn cases(report: &str) -> Result<Vec<Case>> {
    serde_json::from_str(report).context("no report")
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, hooks, ended, expected, .. } = self;
        write!(f, "{name}: ended {ended}, expected {expected}, hooks {hooks}")
    }
}
