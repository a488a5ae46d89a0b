//! What tracing a query needs everywhere: the tables that it reads, and the problems so far.

use super::sources::{Column, Relation, Sources};
use std::collections::HashSet;

/// A table that a query reads.
pub(crate) struct Input<'a> {
    pub(crate) database: &'a str,
    pub(crate) schema: &'a str,
    pub(crate) name: &'a str,
    pub(crate) columns: Vec<&'a str>,
}

pub(super) struct Tracer<'a> {
    pub(super) inputs: &'a [Input<'a>],
    /// DuckDB's aggregates, in lower case.
    pub(super) aggregates: &'a HashSet<String>,
    pub(super) problems: Vec<String>,
}

impl Tracer<'_> {
    pub(super) fn problem(&mut self, text: String) {
        if !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }

    /// The input that a table's name means.
    pub(super) fn input(&self, path: &[String]) -> Option<Relation> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let index = self.inputs.iter().position(|input| match path {
            [name] => same(name, input.name),
            [schema, name] => {
                same(name, input.name) && (same(schema, input.schema) || same(schema, input.database))
            }
            [database, schema, name] => {
                same(name, input.name) && same(schema, input.schema) && same(database, input.database)
            }
            _ => false,
        })?;
        let columns = self.inputs[index].columns.iter();
        let columns =
            columns.map(|name| Column { name: (*name).to_owned(), sources: Sources::column(index, name) });
        Some(Relation { columns: columns.collect(), ..Relation::default() })
    }
}
