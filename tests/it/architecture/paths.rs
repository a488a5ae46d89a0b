//! What a module says: the names it defines, its `use` lines, and the paths in its code, also in macros.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};

/// One leaf of a `use` line.
#[derive(Clone)]
pub struct Import {
    pub path: Vec<String>,
    /// The name it has here; none for `use x::*`.
    pub name: Option<String>,
    /// `pub use`, also `pub(crate) use`: handed on, and no need of this file's own.
    pub is_re_export: bool,
}

/// Collects the words of one module.
pub struct Paths {
    /// Whether code that exists for tests alone counts.
    tests: bool,
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub paths: BTreeSet<Vec<String>>,
}

/// Under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
pub fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        list.path.is_ident("cfg") && (words == "test" || words.starts_with("all") && words.contains("test"))
    })
}

impl Paths {
    pub fn new(tests: bool) -> Self {
        Self { tests, items: BTreeSet::new(), imports: Vec::new(), paths: BTreeSet::new() }
    }

    /// Takes in one item of the module itself.
    pub fn item(&mut self, item: &syn::Item) {
        if !self.tests && is_test_only(attributes(item)) {
            return;
        }
        let name = match item {
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Macro(item) => item.ident.as_ref(),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            syn::Item::Union(item) => Some(&item.ident),
            _ => None,
        };
        self.items.extend(name.map(ToString::to_string));
        self.visit_item(item);
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], is_re_export: bool) {
        let with = |ident: &syn::Ident| -> Vec<String> {
            before.iter().cloned().chain([ident.to_string()]).collect()
        };
        let mut leaf = |path: Vec<String>, name: Option<&syn::Ident>| {
            let is_self = path.last().is_some_and(|last| last == "self") && path.len() > 1;
            let path = if is_self { path[..path.len() - 1].to_vec() } else { path };
            let name = name.map(ToString::to_string).filter(|name| name != "self");
            let name = name.or_else(|| path.last().filter(|_| is_self).cloned());
            self.imports.push(Import { path, name, is_re_export });
        };
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), is_re_export),
            syn::UseTree::Name(name) => leaf(with(&name.ident), Some(&name.ident)),
            syn::UseTree::Rename(rename) => leaf(with(&rename.ident), Some(&rename.rename)),
            syn::UseTree::Glob(_) => {
                self.imports.push(Import { path: before.to_vec(), name: None, is_re_export })
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, is_re_export);
                }
            }
        }
    }

    /// Paths among the words of a macro's call, which are not parsed: identifiers that `::` joins.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // What came since the last word: nothing, `:`, `::`, or anything else. A word after `.` is a member.
        let (mut colons, mut after_dot) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_of_path(&mut path);
                    }
                    if !after_dot || colons == 2 {
                        path.push(ident.to_string());
                    }
                    (colons, after_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => {
                    colons += 1
                }
                TokenTree::Punct(punct) => {
                    self.end_of_path(&mut path);
                    (colons, after_dot) = (0, punct.as_char() == '.');
                }
                TokenTree::Group(group) => {
                    self.end_of_path(&mut path);
                    (colons, after_dot) = (0, false);
                    self.tokens(group.stream());
                }
                TokenTree::Literal(_) => {
                    self.end_of_path(&mut path);
                    (colons, after_dot) = (0, false);
                }
            }
        }
        self.end_of_path(&mut path);
    }

    fn end_of_path(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.paths.insert(std::mem::take(path));
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if self.tests || !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if self.tests || !is_test_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_re_export = !matches!(item.vis, syn::Visibility::Inherited);
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[], is_re_export);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }

    /// `pub(in crate::x)` needs nothing of what it names.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    /// Attributes name derives and lints, and serde's functions in texts: `#[serde(with = "crate::x")]`.
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        for token in list.tokens.clone() {
            let TokenTree::Literal(literal) = token else { continue };
            if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                && let Ok(path) = text.parse::<syn::Path>()
            {
                self.visit_path(&path);
            }
        }
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
