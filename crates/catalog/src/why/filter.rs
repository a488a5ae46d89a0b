//! Conditions on columns, and how they look in terms of other columns.

use super::pieces::column;
use super::row_id::replace_column;
use super::scope::Reader;
use crate::lineage::{items, names, text};
use serde_json::Value as Json;
use std::ops::Range;

/// The column that stands for the value in a test.
pub(super) const VALUE: &str = "__why_value";

/// A condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    /// In lower case.
    pub(super) column: String,
    pub(super) test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// An expression over [`VALUE`].
    Holds(Json),
    /// It is one of the numbers that a CTE gives to those of its rows that meet these conditions.
    Numbered { cte: usize, filters: Vec<Filter> },
}

impl Filter {
    pub(super) fn new(column: &str, test: Test) -> Self {
        Self { column: column.to_lowercase(), test }
    }

    /// The same condition on a column of which this one is computed; `expression` has [`VALUE`] in the place of that column.
    pub(super) fn through(&self, expression: &Json, column: &str) -> Option<Self> {
        match &self.test {
            Test::Holds(test) => {
                let mut test = test.clone();
                replace_column(&mut test, VALUE, expression);
                Some(Self::new(column, Test::Holds(test)))
            }
            // A number is only looked up as it is.
            Test::Numbered { .. } => {
                same(expression, &self::column(VALUE)).then(|| Self::new(column, self.test.clone()))
            }
        }
    }
}

/// Whether two parts of trees mean the same, whatever they are called and wherever they are in the text.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    const APART: [&str; 3] = ["alias", "query_location", "query_location_length"];
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            let counted = |members: &serde_json::Map<String, Json>| {
                members.keys().filter(|key| !APART.contains(&key.as_str())).count()
            };
            counted(a) == counted(b)
                && a.iter()
                    .filter(|(key, _)| !APART.contains(&key.as_str()))
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b,
    }
}

/// Columns of two tables of FROM that are equal in each row that is joined: places and names, the name in lower case.
pub(super) struct Equal {
    pub(super) left: (usize, String),
    pub(super) right: (usize, String),
    /// `INNER`, `LEFT`, …, by which the right one comes to the left one.
    pub(super) join: String,
    /// The outer joins that have to give rows for it.
    pub(super) outer: Vec<usize>,
}

/// The columns that the joins of FROM, and the condition after WHERE, want to be equal.
pub(super) fn equalities(reader: &Reader, filter: &Json) -> Vec<Equal> {
    let scope = reader.scope;
    let owner = |column: &Json| match reader.owners(&names(column, "column_names")).as_slice() {
        [(item, column)] => Some((*item, column.to_lowercase())),
        _ => None,
    };
    let pairs = |condition: &Json| {
        let mut equal = Vec::new();
        equal_columns(condition, &mut equal);
        equal.iter().filter_map(|[a, b]| Some((owner(a)?, owner(b)?))).collect::<Vec<_>>()
    };
    let mut out = Vec::new();
    for condition in &scope.conditions {
        let [on_left, on_right] = &condition.sides;
        let mut add = |left, right| {
            out.push(Equal { left, right, join: condition.join.clone(), outer: condition.outer.clone() });
        };
        for (a, b) in pairs(&condition.expression) {
            if on_left.contains(&a.0) && on_right.contains(&b.0) {
                add(a, b);
            } else if on_left.contains(&b.0) && on_right.contains(&a.0) {
                add(b, a);
            }
        }
        for name in &condition.using {
            let of = |side: &Range<usize>| side.clone().find(|at| scope.items[*at].has(name));
            if let (Some(a), Some(b)) = (of(on_left), of(on_right)) {
                add((a, name.to_lowercase()), (b, name.to_lowercase()));
            }
        }
    }
    for (left, right) in pairs(filter) {
        out.push(Equal { left, right, join: "INNER".to_owned(), outer: Vec::new() });
    }
    out
}

/// The pairs of columns that a condition wants to be equal, by their paths.
fn equal_columns(condition: &Json, out: &mut Vec<[Json; 2]>) {
    match text(condition, "type") {
        "CONJUNCTION_AND" => items(condition, "children").iter().for_each(|part| equal_columns(part, out)),
        "COMPARE_EQUAL"
            if ["left", "right"].iter().all(|side| text(&condition[*side], "class") == "COLUMN_REF") =>
        {
            out.push([condition["left"].clone(), condition["right"].clone()]);
        }
        _ => {}
    }
}

/// The columns that an expression names, each once, as trees.
pub(super) fn columns_in<'t>(tree: &'t Json, out: &mut Vec<&'t Json>) {
    match tree {
        Json::Object(members) => {
            if text(tree, "class") == "COLUMN_REF" {
                if !out.iter().any(|known| same(known, tree)) {
                    out.push(tree);
                }
                return;
            }
            members.values().for_each(|part| columns_in(part, out));
        }
        Json::Array(list) => list.iter().for_each(|part| columns_in(part, out)),
        _ => {}
    }
}

/// `row_number() over ()`: a number for each row, whichever it is.
pub(super) fn is_numbering(expression: &Json) -> bool {
    text(expression, "type") == "WINDOW_ROW_NUMBER"
        && items(expression, "partitions").is_empty()
        && items(expression, "orders").is_empty()
        && expression["filter_expr"].is_null()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::Parser;

    #[test]
    fn a_condition_is_put_in_terms_of_another_column() {
        let mut parser = Parser::new().unwrap();
        let mut part = |sql: &str| parser.tree(&format!("select {sql}")).unwrap()["select_list"][0].take();
        let filter = Filter::new("Day", Test::Holds(part("__why_value = date '2026-01-05'")));
        let found = filter.through(&part("cast(__why_value as date)"), "order_dt").unwrap();
        let Test::Holds(test) = found.test else { panic!("another test") };
        assert!(same(&test, &part("cast(__why_value as date) = date '2026-01-05' as other")), "{test}");
        assert!(!same(&test, &part("cast(__why_value as date) = date '2026-01-06'")));
        assert_eq!((filter.column.as_str(), found.column.as_str()), ("day", "order_dt"));
        let numbered = Filter::new("n", Test::Numbered { cte: 1, filters: vec![filter] });
        assert!(numbered.through(&part("__why_value"), "m").is_some());
        assert!(numbered.through(&part("__why_value + 1"), "m").is_none());
    }
}
