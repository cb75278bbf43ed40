//! Which modules the code of a module names: in `use`, in paths, and in the paths among a macro's tokens.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, Macro, Path};

use super::graph::Graph;
use super::modules::{Modules, imports_of, is_test};

/// The modules of the crate that are files, each with those that it names. A module may name what it is in: its parent's items
/// are there for it. The crate's root is left out, because every module is in it.
pub(super) fn graph(modules: &Modules) -> Graph {
    let mut graph = Graph::new();
    for (id, module) in modules.all.iter().enumerate() {
        let own = &modules.all[module.file].path;
        if own.is_empty() {
            continue;
        }
        let edges = graph.entry(own.clone()).or_default();
        for path in paths(modules, id) {
            let (named, declared) = modules.resolve(id, &path);
            for target in named.into_iter().chain(declared) {
                let target = &modules.all[modules.all[target].file].path;
                if !is_in(own, target) {
                    edges.insert(target.clone());
                }
            }
        }
    }
    graph
}

/// Whether the module of that path is the other one, or in it.
fn is_in(module: &str, other: &str) -> bool {
    other.is_empty() || module.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// All paths in the code of the module.
fn paths(modules: &Modules, module: usize) -> BTreeSet<Vec<String>> {
    let mut paths = Paths::default();
    modules.items[module].iter().for_each(|item| paths.visit_item(item));
    paths.0
}

#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl Paths {
    /// The paths among the tokens: names with `::` between them.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(colon) if colon.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.end(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.scan(group.stream());
                    }
                }
            }
        }
        self.end(&mut path);
    }

    /// A single name is a variable, or an import that counts where it is imported.
    fn end(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.0.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.0.extend(imports_of(import).into_iter().map(|(_, path)| path));
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        // Only one inside a function comes here.
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            self.end(&mut path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
