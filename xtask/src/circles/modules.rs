//! The modules of a crate with what each of them imports, read from its source, and what a path in one of them names.
//!
//! Code under all cfgs counts, except test modules. An inline module belongs to the file in which it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Ident, Item, ItemMod, ItemUse, Macro, UseTree};

/// More imports in a row than any crate has: a name that is imported in a circle names nothing.
const DEEPEST: usize = 16;

pub(super) struct Module {
    pub(super) parent: Option<usize>,
    /// The module whose source file this is in: itself, but for an inline module.
    pub(super) file: usize,
    /// From the crate's root, with `::`; empty for the root.
    pub(super) path: String,
    children: BTreeMap<String, usize>,
    /// What `use` brings in, by the name here. Under two cfgs, one name may be two things.
    imports: Vec<(String, Vec<String>)>,
    /// What `use …::*` brings in.
    globs: Vec<Vec<String>>,
    /// The other names that are declared here, as far as no macro makes them.
    items: BTreeSet<String>,
}

/// The crate's modules; the first is its root.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
    /// The items of each module.
    pub(super) items: Vec<Vec<Item>>,
    /// Every file that was read, and those of the test modules, which were not.
    pub(super) files: BTreeSet<PathBuf>,
}

impl Modules {
    /// Reads the crate with that root file.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut modules = Self::default();
        let directory = root.with_file_name("");
        modules.add_file(None, String::new(), root, &directory)?;
        Ok(modules)
    }

    /// Adds the module of a file; those that it declares are below `directory`.
    fn add_file(&mut self, parent: Option<usize>, path: String, file: &Path, directory: &Path) -> Result<usize> {
        let place = || file.display().to_string();
        let source = fs::read_to_string(file).with_context(place)?;
        let items = syn::parse_file(&source).with_context(place)?.items;
        self.files.insert(file.to_owned());
        let id = self.all.len();
        self.add(parent, id, path, items, directory)?;
        Ok(id)
    }

    fn add(
        &mut self,
        parent: Option<usize>,
        file: usize,
        path: String,
        items: Vec<Item>,
        directory: &Path,
    ) -> Result<usize> {
        let id = self.all.len();
        let (children, imports, globs) = <_>::default();
        let items = with_those_of_cfg_if(items);
        let names = items.iter().filter_map(declared).collect();
        self.all.push(Module { parent, file, path, children, imports, globs, items: names });
        self.items.push(Vec::new());
        for item in items {
            match item {
                Item::Mod(child) => self.add_child(id, child, directory)?,
                item => {
                    if let Item::Use(import) = &item {
                        for (name, path) in imports_of(import) {
                            match name {
                                Some(name) => self.all[id].imports.push((name, path)),
                                None => self.all[id].globs.push(path),
                            }
                        }
                    }
                    self.items[id].push(item);
                }
            }
        }
        Ok(id)
    }

    fn add_child(&mut self, parent: usize, child: ItemMod, directory: &Path) -> Result<()> {
        let name = child.ident.to_string();
        let below = directory.join(&name);
        if is_test(&child.attrs) {
            let files = [below.with_extension("rs"), below.join("mod.rs")];
            self.files.extend(files.into_iter().filter(|file| child.content.is_none() && file.exists()));
            return Ok(());
        }
        let above = &self.all[parent].path;
        let path = if above.is_empty() { name.clone() } else { format!("{above}::{name}") };
        let id = if let Some((_, items)) = child.content {
            self.add(Some(parent), self.all[parent].file, path, items, &below)?
        } else {
            let folder = below.join("mod.rs");
            let file = if folder.exists() { folder } else { below.with_extension("rs") };
            self.add_file(Some(parent), path, &file, &below)?
        };
        self.all[parent].children.insert(name, id);
        Ok(())
    }

    /// The module that a path names by its modules alone, as far as they go, and the modules where what it names is declared:
    /// re-exports are followed. Neither, if it leads out of the crate.
    pub(super) fn resolve(&self, module: usize, path: &[String]) -> (Option<usize>, Vec<usize>) {
        let Some((start, rest)) = self.start(module, path) else { return (None, Vec::new()) };
        let (mut named, mut left) = (start, rest);
        while let Some((name, further)) = left.split_first() {
            let Some(child) = self.all[named].children.get(name) else { break };
            (named, left) = (*child, further);
        }
        let explicit = rest.len() < path.len() || named != start;
        let declared = self.ends(start, rest, DEEPEST).into_iter().map(|(module, _)| module).collect();
        (explicit.then_some(named), declared)
    }

    /// Where a path begins, and what is left of it.
    fn start<'a>(&self, module: usize, path: &'a [String]) -> Option<(usize, &'a [String])> {
        let (mut at, mut rest) = (module, path);
        let mut first = true;
        while let Some((head, further)) = rest.split_first() {
            match head.as_str() {
                "crate" if first => at = 0,
                "self" if first => {}
                "super" => at = self.all[at].parent?,
                _ => break,
            }
            (rest, first) = (further, false);
        }
        Some((at, rest))
    }

    /// The modules to which a path leads, or in which the item is to which it leads (true).
    fn ends(&self, at: usize, path: &[String], depth: usize) -> Vec<(usize, bool)> {
        let Some((name, rest)) = path.split_first() else { return vec![(at, false)] };
        if depth == 0 {
            return Vec::new();
        }
        let module = &self.all[at];
        if let Some(child) = module.children.get(name) {
            return self.ends(*child, rest, depth);
        }
        if module.items.contains(name) {
            return vec![(at, true)];
        }
        let follow = |import: &[String], rest: &[String]| {
            let Some((start, further)) = self.start(at, import) else { return Vec::new() };
            // A path without a keyword begins with a module or an import of this one, but not with itself.
            if start == at && further.first() == Some(name) {
                return Vec::new();
            }
            let ends = self.ends(start, further, depth - 1).into_iter();
            ends.flat_map(|(end, item)| if item { vec![(end, true)] } else { self.ends(end, rest, depth - 1) })
                .collect()
        };
        let imports = module.imports.iter().filter(|(import, _)| import == name);
        let mut ends: Vec<_> = imports.flat_map(|(_, import)| follow(import, rest)).collect();
        if ends.is_empty() {
            // Each of them might have it.
            ends = module.globs.iter().flat_map(|glob| follow(glob, path)).filter(|(end, _)| *end != at).collect();
        }
        ends
    }
}

/// The name of an item that is no module.
fn declared(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}

/// The items, and those in the branches of each `cfg_if!` too.
fn with_those_of_cfg_if(items: Vec<Item>) -> Vec<Item> {
    let with_branches = |item: Item| match &item {
        Item::Macro(call) => branches(&call.mac).unwrap_or_else(|| vec![item]),
        _ => vec![item],
    };
    items.into_iter().flat_map(with_branches).collect()
}

fn branches(call: &Macro) -> Option<Vec<Item>> {
    if call.path.segments.last()?.ident != "cfg_if" {
        return None;
    }
    let mut items = Vec::new();
    for token in call.tokens.clone() {
        if let TokenTree::Group(group) = token
            && group.delimiter() == Delimiter::Brace
        {
            items.extend(syn::parse2::<syn::File>(group.stream()).ok()?.items);
        }
    }
    Some(with_those_of_cfg_if(items))
}

/// The names that a `use` brings in, with their paths; those of `*` without a name.
pub(super) fn imports_of(import: &ItemUse) -> Vec<(Option<String>, Vec<String>)> {
    let mut imports = Vec::new();
    if import.leading_colon.is_none() {
        collect(&import.tree, &[], &mut imports);
    }
    imports
}

fn collect(tree: &UseTree, before: &[String], imports: &mut Vec<(Option<String>, Vec<String>)>) {
    let with = |name: &Ident| {
        // `a::{self}` is `a`.
        let itself = name == "self" && !before.is_empty();
        let last = if itself { None } else { Some(name.to_string()) };
        before.iter().cloned().chain(last).collect::<Vec<_>>()
    };
    match tree {
        UseTree::Path(path) => collect(&path.tree, &with(&path.ident), imports),
        UseTree::Name(name) => {
            let path = with(&name.ident);
            imports.push((path.last().cloned(), path));
        }
        UseTree::Rename(name) => imports.push((Some(name.rename.to_string()), with(&name.ident))),
        UseTree::Glob(_) => imports.push((None, before.to_vec())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, before, imports)),
    }
}

/// Whether the attributes have a `cfg(test)`, or a `cfg(all(…))` with `test`.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    let cfgs = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    cfgs.filter_map(|cfg| cfg.parse_args::<TokenStream>().ok()).any(demands_test)
}

fn demands_test(cfg: TokenStream) -> bool {
    let tokens: Vec<_> = cfg.into_iter().collect();
    let part = |tokens: &[TokenTree]| match tokens {
        [TokenTree::Ident(name)] => name == "test",
        [TokenTree::Ident(name), TokenTree::Group(group)] => name == "all" && demands_test(group.stream()),
        _ => false,
    };
    tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')).any(part)
}
