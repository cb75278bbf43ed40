//! `cargo xtask examples`: every public item of terminate-core and terminate-std has an example in its docs, and one that
//! runs.
//!
//! rustdoc's own lint for that passes over whatever is exported from a private module, which is nearly all of both crates.
//! So this reads what rustdoc writes as JSON, which only nightly does, from the root down, as a reader of the docs goes.
//! Modules, variants and fields share the examples of what they belong to, and impls of traits that of their type.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::cmd;

use crate::workspace::Workspace;

const CRATES: [(&str, &str); 2] = [("terminate-core", "terminate_core"), ("terminate-std", "terminate_std")];
pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let mut complaints = Vec::new();
    let mut items = 0;
    for (package, name) in CRATES {
        let docs = Docs(json(ws, package, name)?);
        let mut found = Vec::new();
        docs.visit(docs.root().context("the JSON of rustdoc has no root that this could find")?, &mut found);
        ensure!(!found.is_empty(), "the JSON of rustdoc has no item that this could find in {package}");
        items += found.len();
        complaints.extend(found.iter().filter_map(|item| complaint(item)));
    }
    ensure!(complaints.is_empty(), "{} complaints\n  {}", complaints.len(), complaints.join("\n  "));
    println!("{items} public items have an example");
    Ok(())
}

fn json(ws: &Workspace, package: &str, name: &str) -> Result<Value> {
    let target = ws.target("examples");
    cmd!(ws.sh, "cargo +nightly rustdoc --quiet --package {package} --lib --all-features --target-dir {target}")
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .run()
        .context("rustdoc writes JSON on nightly alone: `rustup toolchain install nightly --profile minimal`")?;
    let text = fs::read_to_string(target.join("doc").join(name).with_extension("json"))?;
    Ok(serde_json::from_str(&text)?)
}

struct Docs(Value);

impl Docs {
    fn root(&self) -> Option<&Value> {
        self.item(&self.0["root"])
    }

    /// Those of other crates are not there.
    fn item(&self, id: &Value) -> Option<&Value> {
        self.0["index"].get(id.to_string())
    }

    fn all<'a>(&'a self, ids: &'a Value) -> impl Iterator<Item = &'a Value> {
        ids.as_array().into_iter().flatten().filter_map(|id| self.item(id))
    }

    /// Notes each item that is to have an example, from that one on.
    fn visit<'a>(&'a self, item: &'a Value, found: &mut Vec<&'a Value>) {
        let Some((kind, inner)) = item["inner"].as_object().and_then(|inner| inner.iter().next()) else { return };
        match kind.as_str() {
            "module" => self.all(&inner["items"]).for_each(|item| self.visit(item, found)),
            "use" => match self.item(&inner["id"]) {
                Some(item) => self.visit(item, found),
                // Of another crate, with what that says of it.
                None if item["docs"].is_null() => {}
                None => found.push(item),
            },
            "impl" if inner["trait"].is_null() => self.all(&inner["items"]).for_each(|item| self.visit(item, found)),
            "impl" => {}
            _ => {
                found.push(item);
                self.all(&inner["impls"]).for_each(|item| self.visit(item, found));
                // A trait's own.
                self.all(&inner["items"]).for_each(|item| self.visit(item, found));
            }
        }
    }
}

fn name(item: &Value) -> &str {
    item["name"].as_str().or_else(|| item["inner"]["use"]["name"].as_str()).unwrap_or("?")
}

fn complaint(item: &Value) -> Option<String> {
    let name = name(item);
    let span = &item["span"];
    let place = format!("{}:{}", span["filename"].as_str().unwrap_or("?"), span["begin"][0]);
    match Example::of(item["docs"].as_str().unwrap_or_default()) {
        Example::Runs => None,
        Example::Compiles => Some(format!("{place}: the example of `{name}` does not run")),
        Example::None => Some(format!("{place}: `{name}` has no example")),
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Example {
    None,
    Compiles,
    Runs,
}

impl Example {
    /// The best of what is in these docs.
    fn of(docs: &str) -> Self {
        let fences = docs.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
        fences.step_by(2).map(Self::of_fence).max().unwrap_or(Self::None)
    }

    fn of_fence(words: &str) -> Self {
        let words = words.split([',', ' ']).filter(|word| !word.is_empty());
        let rank = |word| match word {
            "rust" | "should_panic" | "standalone_crate" => Self::Runs,
            "no_run" | "compile_fail" => Self::Compiles,
            _ => Self::None,
        };
        words.map(rank).min().unwrap_or(Self::Runs)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_runs_unless_its_fence_says_otherwise() {
        let of = |fence: &str| Example::of(&format!("Text.\n\n```{fence}\nassert!(true);\n```\n"));
        assert_eq!(["", "rust", "rust,standalone_crate", "should_panic"].map(of), [const { Example::Runs }; 4]);
        assert_eq!(["no_run", "rust,no_run"].map(of), [const { Example::Compiles }; 2]);
        assert_eq!(["text", "console", "ignore", "toml"].map(of), [const { Example::None }; 4]);
        assert_eq!(Example::of("`code`, but no block"), Example::None);
        assert_eq!(Example::of("```text\na\n```\n```\nassert!(true);\n```\n"), Example::Runs);
    }

    #[test]
    fn what_is_exported_from_a_private_module_is_found_and_impls_of_traits_are_not() {
        let item = |name: &str, inner: Value| json!({"name": name, "docs": "", "inner": inner});
        let docs = Docs(json!({"root": 0, "index": {
            "0": item("crate", json!({"module": {"items": [1, 8, 10, 9]}})),
            "1": item("", json!({"use": {"name": "Type", "id": 2}})),
            "2": item("Type", json!({"struct": {"impls": [3, 5]}})),
            "3": item("", json!({"impl": {"trait": null, "items": [4]}})),
            "4": item("method", json!({"function": {}})),
            "5": item("", json!({"impl": {"trait": {"path": "Clone"}, "items": [6]}})),
            "6": item("clone", json!({"function": {}})),
            "7": item("of a private module, and not exported", json!({"function": {}})),
            "8": {"docs": null, "inner": {"use": {"name": "Other", "id": 100}}},
            "10": {"docs": "Text.", "inner": {"use": {"name": "macro", "id": 101}}},
            "9": item("function", json!({"function": {}})),
        }}));
        let mut found = Vec::new();
        docs.visit(docs.root().unwrap(), &mut found);
        let names: Vec<_> = found.iter().map(|item| name(item)).collect();
        assert_eq!(names, ["Type", "method", "macro", "function"]);
    }

    #[test]
    fn an_item_without_an_example_that_runs_is_a_complaint() {
        let complaint = |name: &str, docs: &str| complaint(&json!({"name": name, "docs": docs, "inner": {}}));
        assert!(complaint("other", "```\n```").is_none());
        assert!(complaint("other", "Text.").unwrap().contains("no example"));
        assert!(complaint("other", "```no_run\n```").unwrap().contains("does not run"));
    }
}
