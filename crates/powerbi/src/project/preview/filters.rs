//! What filters a measure where a visual asks for it: the value of each category, and what CALCULATE adds or takes away.

use super::dax_syntax::{Expression, Operator};
use crate::project::definition::Field;
use crate::project::model::{Model, Relationship};
use std::collections::BTreeSet;

/// Filters beside those of the categories.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    /// `REMOVEFILTERS()`
    pub everything_removed: bool,
    pub tables_removed: BTreeSet<String>,
    pub columns_removed: Vec<Field>,
    /// Conditions on columns.
    pub conditions: Vec<Condition>,
    /// A common table expression with the days (`i`, `day`) of each group, instead of filters on the calendar.
    pub days: Option<Days>,
    /// Inactive relationships that CALCULATE takes: both ends.
    pub relationships: Vec<(Field, Field)>,
}

/// The common table expression `d<number>`.
#[derive(Debug, Clone)]
pub(super) struct Days {
    pub number: usize,
    pub leaves: BTreeSet<usize>,
}

/// A column compared with values, each as SQL.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub column: Field,
    pub operator: Operator,
    pub values: Vec<String>,
    /// The leaves that the values need.
    pub leaves: BTreeSet<usize>,
}

impl Filters {
    /// Whether the value of this category no longer filters.
    pub(super) fn remove(&self, category: &Field, calendar: Option<&str>) -> bool {
        self.everything_removed
            || self.tables_removed.contains(&category.table)
            || self.columns_removed.contains(category)
            || self.days.is_some() && calendar == Some(&category.table)
            || self.conditions.iter().any(|condition| condition.column == *category)
    }

    /// A table without filters on it.
    pub(super) fn without_table(&mut self, table: &str) {
        self.tables_removed.insert(table.to_owned());
        self.conditions.retain(|condition| condition.column.table != table);
    }

    pub(super) fn without_column(&mut self, column: &Field) {
        self.columns_removed.push(column.clone());
        self.conditions.retain(|condition| condition.column != *column);
    }

    /// The relationships along which a filter comes from the table `to` to the table `from`: from facts towards dimensions.
    pub(super) fn path<'m>(&self, model: &'m Model, from: &str, to: &str) -> Option<Vec<&'m Relationship>> {
        let mut open: Vec<(&str, Vec<&Relationship>)> = vec![(from, Vec::new())];
        let mut seen = BTreeSet::from([from]);
        while !open.is_empty() {
            if let Some(found) = open.iter().find(|(table, _)| *table == to) {
                return Some(found.1.clone());
            }
            let mut next = Vec::new();
            for (table, path) in open {
                for one in model.relationships.iter().filter(|one| one.from_table == table && self.takes(one))
                {
                    if seen.insert(&one.to_table) {
                        next.push((one.to_table.as_str(), path.iter().copied().chain([one]).collect()));
                    }
                }
            }
            open = next;
        }
        None
    }

    fn takes(&self, relationship: &Relationship) -> bool {
        let is = |field: &Field, table: &str, column: &str| field.table == table && field.column == column;
        let ends = |one: &Field, other: &Field| {
            is(one, &relationship.from_table, &relationship.from_column)
                && is(other, &relationship.to_table, &relationship.to_column)
        };
        let same_tables = |one: &Field, other: &Field| {
            one.table == relationship.from_table && other.table == relationship.to_table
        };
        let chosen = |test: &dyn Fn(&Field, &Field) -> bool| {
            self.relationships.iter().any(|(one, other)| test(one, other) || test(other, one))
        };
        chosen(&ends) || relationship.is_active && !chosen(&same_tables)
    }
}

/// A condition on one column, from its expression: `column = value`, `value < column`, `column IN { … }`.
pub(super) fn column_and_values(
    operator: Operator,
    left: &Expression,
    right: &Expression,
) -> Option<(Field, Operator, Vec<Expression>)> {
    match (left, right) {
        (Expression::Column(column), Expression::List(values)) if operator == Operator::In => {
            Some((column.clone(), operator, values.clone()))
        }
        (Expression::Column(column), value) => Some((column.clone(), operator, vec![value.clone()])),
        (value, Expression::Column(column)) => {
            let turned = match operator {
                Operator::Less => Operator::Greater,
                Operator::LessOrEqual => Operator::GreaterOrEqual,
                Operator::Greater => Operator::Less,
                Operator::GreaterOrEqual => Operator::LessOrEqual,
                other => other,
            };
            Some((column.clone(), turned, vec![value.clone()]))
        }
        _ => None,
    }
}
