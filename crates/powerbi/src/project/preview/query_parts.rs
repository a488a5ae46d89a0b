//! The query of a visual while its measures are added to it, and the scalar expressions that they become.

use super::dax_syntax::Operator;
use super::filters::Filters;
use crate::project::definition::{Definition, Field};
use crate::project::model::Model;
use ingot_core::error::Error;
use std::collections::BTreeSet;

/// The query of a visual while its measures are added.
pub(super) struct MeasureSql<'m> {
    pub definition: &'m Definition,
    pub model: &'m Model,
    /// What the visual groups by.
    pub groups: Vec<Field>,
    /// Common table expressions before `g`: `r0`, `r1`, …, large tables aggregated by their keys.
    pub by_keys: Vec<String>,
    /// Common table expressions after `g`, in their order.
    pub expressions: Vec<String>,
    pub leaves: Vec<Leaf>,
    /// How many measures deep: a measure that is made of itself never ends.
    pub depth: usize,
}

/// A common table expression that is in the query already.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// What it is, up to its name.
    pub body: String,
    pub scalar: Scalar,
    /// The table whose rows it aggregates, with the filters there.
    pub table: String,
    pub filters: Filters,
    /// The expression with its rows by their keys, and which keys these are.
    pub by_keys: Option<(usize, BTreeSet<String>)>,
}

/// A value for each group, as SQL over `g` and the leaves.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub sql: String,
    pub kind: ScalarKind,
    pub leaves: BTreeSet<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarKind {
    Number,
    Text,
    /// A date or a time.
    Moment,
    Truth,
}

impl Scalar {
    pub(super) fn new(sql: impl Into<String>, kind: ScalarKind) -> Self {
        Self { sql: sql.into(), kind, leaves: BTreeSet::new() }
    }

    pub(super) fn of(sql: String, kind: ScalarKind, parts: &[&Self]) -> Self {
        let leaves = parts.iter().flat_map(|part| part.leaves.iter().copied()).collect();
        Self { sql, kind, leaves }
    }

    /// Blank counts as zero.
    pub(super) fn or_zero(&self) -> String {
        match self.kind {
            ScalarKind::Number => format!("coalesce({}, 0)", self.sql),
            ScalarKind::Text => format!("coalesce({}, '')", self.sql),
            ScalarKind::Moment => self.sql.clone(),
            ScalarKind::Truth => format!("coalesce({}, false)", self.sql),
        }
    }
}

pub(super) fn not_known(what: &str) -> Error {
    Error::new(format!("the preview does not know {what}"))
}

impl<'m> MeasureSql<'m> {
    pub(super) fn new(definition: &'m Definition, model: &'m Model, groups: Vec<Field>) -> Self {
        Self {
            definition,
            model,
            groups,
            by_keys: Vec::new(),
            expressions: Vec::new(),
            leaves: Vec::new(),
            depth: 0,
        }
    }

    /// The warehouse's name of a table of the model.
    pub(super) fn relation(&self, table: &str) -> String {
        format!(
            "{}.{}",
            ingot_engine::name_literal(&self.definition.schema),
            ingot_engine::name_literal(table)
        )
    }
}

pub(super) fn sql_operator(operator: Operator) -> Option<&'static str> {
    Some(match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "<>",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        _ => return None,
    })
}
