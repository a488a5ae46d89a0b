//! The names that an expression can see.

use super::sources::{How, Relation, Sources};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A table in FROM, under the names by which it can be called.
pub(super) struct Visible {
    /// Its alias, or the table's name.
    pub(super) name: String,
    /// Of a table without an alias, what may stand before its name.
    pub(super) path: Vec<String>,
    pub(super) relation: Relation,
}

/// What the expressions of one SELECT see.
#[derive(Default)]
pub(super) struct Scope<'o> {
    pub(super) tables: Vec<Visible>,
    /// Columns of joins with USING: they belong to several tables, and are one.
    pub(super) merged: HashMap<String, Sources>,
    /// Names given in this SELECT.
    pub(super) aliases: HashMap<String, Sources>,
    /// Parameters of lambdas.
    pub(super) parameters: HashSet<String>,
    /// The column for which `COLUMNS(…)` stands at the moment.
    pub(super) star: Option<Sources>,
    pub(super) outer: Option<&'o Scope<'o>>,
    pub(super) ctes: Rc<HashMap<String, Rc<Relation>>>,
}

impl<'o> Scope<'o> {
    /// An empty scope within another one, with the same CTEs.
    pub(super) fn within(outer: &'o Scope<'o>) -> Scope<'o> {
        Scope { outer: Some(outer), ctes: outer.ctes.clone(), ..Scope::default() }
    }

    /// What a column reference is made of; `None` if nothing has that name.
    pub(super) fn resolve(&self, names: &[String]) -> Option<Sources> {
        let first = names.first()?;
        if names.len() == 1 && self.parameters.contains(&first.to_lowercase()) {
            return Some(Sources::default());
        }
        self.qualified(names)
            .or_else(|| self.unqualified(first).map(|found| field(found, names.len() > 1)))
            .or_else(|| {
                let alias = self.aliases.get(&first.to_lowercase())?;
                Some(field(alias.clone(), names.len() > 1))
            })
            .or_else(|| (names.len() == 1).then(|| self.whole_row(first)).flatten())
            .or_else(|| self.outer?.resolve(names))
            .or_else(|| self.open_sources(names))
    }

    /// `table.column`, `schema.table.column`, and fields of such a column.
    fn qualified(&self, names: &[String]) -> Option<Sources> {
        for before in (1..names.len().min(4)).rev() {
            let (path, rest) = names.split_at(before);
            let (name, schema) = path.split_last()?;
            let found = self.tables.iter().find(|table| {
                table.name.eq_ignore_ascii_case(name) && (schema.is_empty() || ends_with(&table.path, schema))
            });
            let Some(table) = found else { continue };
            if let Some(column) = table.relation.column(&rest[0]) {
                return Some(field(column.sources.clone(), rest.len() > 1));
            }
            if let Some(open) = &table.relation.open {
                return Some(open.clone());
            }
        }
        None
    }

    fn unqualified(&self, name: &str) -> Option<Sources> {
        if let Some(merged) = self.merged.get(&name.to_lowercase()) {
            return Some(merged.clone());
        }
        self.tables.iter().find_map(|table| table.relation.column(name)).map(|column| column.sources.clone())
    }

    /// A table's name as a value: all of its columns.
    fn whole_row(&self, name: &str) -> Option<Sources> {
        let table = self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))?;
        let mut all = Sources::default();
        table.relation.columns.iter().for_each(|column| all.add(&column.sources));
        table.relation.open.iter().for_each(|open| all.add(open));
        Some(all.held(How::Transformed))
    }

    /// A table whose columns are not all known may have it.
    fn open_sources(&self, names: &[String]) -> Option<Sources> {
        if names.len() != 1 {
            return None;
        }
        self.tables.iter().find_map(|table| table.relation.open.clone())
    }
}

fn ends_with(path: &[String], end: &[String]) -> bool {
    path.len() >= end.len() && path.iter().rev().zip(end.iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// A field of a column is a part of it.
fn field(sources: Sources, is_field: bool) -> Sources {
    if is_field { sources.held(How::Transformed) } else { sources }
}

/// A table under a name.
pub(super) fn visible(name: &str, path: Vec<String>, relation: Relation) -> Visible {
    Visible { name: name.to_owned(), path, relation }
}
