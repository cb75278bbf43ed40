//! `cargo xtask circles`: the modules of a crate import in one direction, so that each can be read with what is below it.
//!
//! A module imports another one if its `use`, or a path in its code, names it or something that is declared in it. What an
//! ancestor declares is there for its children, so that is no import. Test modules do not count.

mod edges;
mod graph;
mod modules;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::TargetKind;
use walkdir::WalkDir;

use self::graph::Graph;
use self::modules::Modules;
use crate::workspace::Workspace;

const PACKAGES: [&str; 4] = ["terminate-core", "terminate-std", "terminate-fuzz", "xtask"];

pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let mut complaints = Vec::new();
    for package in PACKAGES {
        complaints.extend(check(ws, package)?);
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{} complaints\n  {}", complaints.len(), complaints.join("\n  "))
}

/// The complaints about a package. Its library and its programs are crates of their own.
fn check(ws: &Workspace, name: &str) -> Result<Vec<String>> {
    const CRATES: [TargetKind; 3] = [TargetKind::Lib, TargetKind::ProcMacro, TargetKind::Bin];
    let package = ws.package(name)?;
    let mut complaints = Vec::new();
    let mut files = BTreeSet::new();
    for target in package.targets.iter().filter(|target| target.kind.iter().any(|kind| CRATES.contains(kind))) {
        let modules = Modules::read(target.src_path.as_std_path())?;
        let graph = edges::graph(&modules);
        let edges: usize = graph.values().map(BTreeSet::len).sum();
        println!("{name}, {}: {} modules with {edges} imports", target.name, graph.len());
        complaints.extend(graph::circles(&graph).iter().map(|circle| format!("{name}: {}", told(&graph, circle))));
        files.extend(modules.files);
    }
    ensure!(!files.is_empty(), "{name} has no crate");
    let sources = package.manifest_path.with_file_name("src");
    for entry in WalkDir::new(&sources).sort_by_file_name() {
        let file = entry.with_context(|| sources.to_string())?.into_path();
        if file.extension().is_some_and(|extension| extension == "rs") && !files.contains(&file) {
            let file = file.strip_prefix(ws.root())?.display().to_string();
            complaints.push(format!("{file}: no module declares it, so its imports are not known"));
        }
    }
    Ok(complaints)
}

/// The circle, and one way round.
fn told(graph: &Graph, circle: &BTreeSet<String>) -> String {
    let way = graph::way_round(graph, circle).join(" → ");
    let first = circle.first().map_or("", String::as_str);
    let names = circle.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("a circle of {} modules ({names}), such as {way} → {first}", circle.len())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::modules::Modules;
    use super::{edges, graph};

    /// The circles of a crate with these files, the first of which is its root, and each circle as one line.
    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let modules = Modules::read(&directory.path().join(files[0].0)).unwrap();
        let circles = graph::circles(&edges::graph(&modules));
        circles.into_iter().map(|circle| circle.into_iter().collect::<Vec<_>>().join(" ")).collect()
    }

    /// The same of two modules `a` and `b` with these texts.
    fn of_two(a: &str, b: &str) -> Vec<String> {
        circles(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)])
    }

    #[test]
    fn two_modules_that_use_each_other_are_a_circle() {
        assert_eq!(of_two("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"), ["a b"]);
        assert!(of_two("use crate::b::B;", "pub struct B;").is_empty());
    }

    #[test]
    fn every_way_to_write_an_import_counts() {
        for import in [
            "use super::a::A;",
            "use super::{c, a::{A, Other}};",
            "use crate::a as other;",
            "use crate::a::*;",
            "fn f() { crate::a::g(); }",
            "fn f() { use crate::a::g; }",
            "fn f(a: super::a::A) {}",
            "use super::a; fn f() { a::g(); }",
            "fn f() { println!(\"{}\", crate::a::G); }",
            "macro_rules! m { () => { $crate::a::g() }; }",
            "mod inner { use super::super::a::A; }",
            "cfg_if::cfg_if! { if #[cfg(unix)] { use crate::a::A; } else {} }",
        ] {
            assert_eq!(of_two("use crate::b::B;", import), ["a b"], "{import}");
        }
    }

    #[test]
    fn what_only_looks_like_an_import_does_not_count() {
        for text in [
            "//! Has `crate::a::A`.\n/// Links to [`crate::a::A`].\nfn f() {}",
            "fn f() { \"crate::a::A\"; }",
            "use ::a::A;",
            "fn f() { std::a::g(); }",
            "#[cfg(test)] mod tests { use crate::a::A; }",
            "#[cfg(all(test, unix))] mod tests { use crate::a::A; }",
        ] {
            assert!(of_two("use crate::b::B;", text).is_empty(), "{text}");
        }
        let not_only = "#[cfg(any(test, unix))] mod other { use crate::a::A; }";
        assert_eq!(of_two("use crate::b::B;", not_only), ["a b"]);
    }

    #[test]
    fn a_re_export_leads_to_where_the_item_is() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::B; use a::A;"),
            ("a.rs", "use crate::B; pub struct A;"),
            ("b.rs", "use crate::A; pub struct B;"),
        ];
        assert_eq!(circles(&files), ["a b"]);
        let one_way = [files[0], files[1], ("b.rs", "pub struct B;")];
        assert!(circles(&one_way).is_empty());
    }

    #[test]
    fn a_re_export_through_a_parent_is_an_import_of_the_sibling() {
        let files = [
            ("lib.rs", "mod p;"),
            ("p/mod.rs", "mod a; mod b; pub use self::a::A; pub use b::*;"),
            ("p/a.rs", "use super::B; pub struct A;"),
            ("p/b.rs", "use super::A; pub struct B;"),
        ];
        assert_eq!(circles(&files), ["p::a p::b"]);
    }

    #[test]
    fn a_child_may_use_the_items_of_its_parent() {
        let files = [
            ("lib.rs", "mod p;"),
            ("p/mod.rs", "mod a; use a::A; struct P;"),
            ("p/a.rs", "use super::P; pub struct A;"),
        ];
        assert!(circles(&files).is_empty());
    }

    #[test]
    fn a_parent_is_in_the_circle_that_another_module_closes() {
        let files = [
            ("lib.rs", "mod p; mod other;"),
            ("p/mod.rs", "mod a; use a::A; pub struct P;"),
            ("p/a.rs", "use crate::other::Other; pub struct A;"),
            ("other.rs", "use crate::p::P; pub struct Other;"),
        ];
        assert_eq!(circles(&files), ["other p p::a"]);
    }
}
