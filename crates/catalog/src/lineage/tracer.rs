//! What tracing a query needs everywhere: the tables that it reads, and the problems so far.

use super::sources::{Column, Relation, Sources};

/// A table that a query reads, or a function of the project that it calls.
pub(crate) struct Input<'a> {
    pub(crate) is_function: bool,
    pub(crate) database: &'a str,
    pub(crate) schema: &'a str,
    pub(crate) name: &'a str,
    pub(crate) columns: Vec<&'a str>,
}

impl Input<'_> {
    /// Whether a name, with as much before it as there is, means this one.
    pub(super) fn is_called(&self, path: &[String]) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        match path {
            [name] => same(name, self.name),
            [schema, name] => {
                same(name, self.name) && (same(schema, self.schema) || same(schema, self.database))
            }
            [database, schema, name] => {
                same(name, self.name) && same(schema, self.schema) && same(database, self.database)
            }
            _ => false,
        }
    }
}

pub(super) struct Tracer<'a> {
    pub(super) inputs: &'a [Input<'a>],
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
        let index = self.inputs.iter().position(|input| !input.is_function && input.is_called(path))?;
        let columns = self.inputs[index].columns.iter();
        let columns =
            columns.map(|name| Column { name: (*name).to_owned(), sources: Sources::column(index, name) });
        Some(Relation { columns: columns.collect(), ..Relation::default() })
    }
}
