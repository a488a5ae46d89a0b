//! An aggregate over the rows of one table, for each group of a visual: the part of a measure that reads the warehouse.

use super::dax_syntax::{Expression, Operator};
use super::filters::{Condition, Filters};
use super::query_parts::{Leaf, MeasureSql, Scalar, ScalarKind, not_known, sql_operator};
use crate::project::definition::Field;
use ingot_core::error::{Error, Result};
use ingot_engine::{name_literal, text_literal};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Minimum,
    Maximum,
    CountValues,
    CountDistinct,
    CountRows,
}

/// What an aggregate is of.
#[derive(Debug, Clone)]
pub(super) struct Aggregated {
    table: String,
    /// The value of a row; none for a count of rows.
    row: Option<Expression>,
}

impl Aggregate {
    /// The aggregate that a call is, and of what; `None` for any other call.
    pub(super) fn read(function: &str, arguments: &[Expression]) -> Result<Option<(Self, Aggregated)>> {
        let aggregate = match function.trim_end_matches('X') {
            "SUM" => Self::Sum,
            "AVERAGE" => Self::Average,
            "MIN" => Self::Minimum,
            "MA" => Self::Maximum,
            "COUNT" | "COUNTA" => Self::CountValues,
            "DISTINCTCOUNT" => Self::CountDistinct,
            "COUNTROWS" => Self::CountRows,
            _ => return Ok(None),
        };
        let is_iterator = function.ends_with('X') && function != "MAX";
        match arguments {
            [Expression::Column(field)] if !is_iterator && aggregate != Self::CountRows => Ok(Some((
                aggregate,
                Aggregated { table: field.table.clone(), row: Some(Expression::Column(field.clone())) },
            ))),
            [Expression::Name(table)] if aggregate == Self::CountRows => {
                Ok(Some((aggregate, Aggregated { table: table.clone(), row: None })))
            }
            [Expression::Name(table), row] if is_iterator => {
                Ok(Some((aggregate, Aggregated { table: table.clone(), row: Some(row.clone()) })))
            }
            // The smaller or larger of two values, or of a list.
            [_, _] if matches!(aggregate, Self::Minimum | Self::Maximum) => Ok(None),
            _ => Err(not_known(&format!("such arguments of {function}"))),
        }
    }

    /// Blank (NULL) where there are no rows.
    fn sql(self, value: &str) -> String {
        match self {
            Self::Sum => format!("sum({value})::double"),
            Self::Average => format!("avg({value})::double"),
            Self::Minimum => format!("min({value})"),
            Self::Maximum => format!("max({value})"),
            Self::CountValues => format!("nullif(count({value}), 0)"),
            // Blank counts as a value.
            Self::CountDistinct => {
                format!("nullif(count(distinct {value}) + coalesce(max(({value} is null)::integer), 0), 0)")
            }
            Self::CountRows => "nullif(count(*), 0)".to_owned(),
        }
    }

    /// In two steps, so that a large table is aggregated by its keys before it is joined: the parts `p0`, `p1` of each key,
    /// and what they come to. `None` where parts do not add up.
    fn steps(self, value: &str) -> Option<(String, &'static str)> {
        Some(match self {
            Self::Sum => (format!("sum({value}) as p0"), "sum(t0.p0)::double"),
            Self::Average => (
                format!("sum({value})::double as p0, count({value}) as p1"),
                "sum(t0.p0) / nullif(sum(t0.p1), 0)",
            ),
            Self::Minimum => (format!("min({value}) as p0"), "min(t0.p0)"),
            Self::Maximum => (format!("max({value}) as p0"), "max(t0.p0)"),
            Self::CountValues => (format!("count({value}) as p0"), "nullif(sum(t0.p0), 0)"),
            Self::CountRows => ("count(*) as p0".to_owned(), "sum(t0.p0)"),
            Self::CountDistinct => return None,
        })
    }
}

/// The table of facts and the dimensions that it is joined with, by their aliases `t0`, `t1`, ….
struct Joins {
    tables: Vec<String>,
    /// Columns of the first table by which others are joined and groups are told apart.
    own_columns: BTreeSet<String>,
    /// What follows the first table.
    sql: String,
}

/// A condition on a column, as SQL.
fn compared(column: &str, condition: &Condition) -> String {
    let values = condition.values.join(", ");
    match sql_operator(condition.operator) {
        Some(operator) => format!("{column} {operator} {values}"),
        None => format!("{column} in ({values})"),
    }
}

impl MeasureSql<'_> {
    pub(super) fn leaf(&mut self, aggregate: Aggregate, of: Aggregated, filters: &Filters) -> Result<Scalar> {
        if self.model.table(&of.table).is_none() {
            return Err(Error::new(format!("there is no table '{}' in the model", of.table)));
        }
        let mut joins = self.joins(&of.table);
        let value = match &of.row {
            Some(row) => self.row_value(&mut joins, &of.table, filters, row)?,
            None => String::new(),
        };
        // RELATED has joined other tables.
        let is_of_one_table = joins.tables.len() == 1;
        // Conditions on rows of the table itself, and those on what is joined to it.
        let (mut of_rows, mut conditions) = (Vec::new(), Vec::new());
        let mut needed = BTreeSet::new();
        let mut is_for_each_group = false;
        for (position, group) in self.groups.clone().iter().enumerate() {
            if filters.remove(group, self.definition.calendar()) {
                continue;
            }
            if let Some(column) = self.reach(&mut joins, &of.table, filters, group) {
                conditions.push(format!("{column} is not distinct from g.k{position}"));
                is_for_each_group = true;
            }
        }
        for condition in &filters.conditions {
            let is_constant =
                condition.leaves.is_empty() && !condition.values.iter().any(|value| value.contains("g.k"));
            if is_constant && condition.column.table == of.table {
                of_rows.push(compared(&format!("t0.{}", name_literal(&condition.column.column)), condition));
            } else if let Some(column) = self.reach(&mut joins, &of.table, filters, &condition.column) {
                needed.extend(condition.leaves.iter().copied());
                conditions.push(compared(&column, condition));
                is_for_each_group |= !is_constant;
            }
        }
        let mut days = String::new();
        if let Some(one) = &filters.days
            && let Some(date) = &self.definition.date
            && let Some(column) = self.reach(&mut joins, &of.table, filters, date)
        {
            days = format!(" join d{0} on d{0}.i = g.i", one.number);
            conditions.push(format!("{column} = d{}.day", one.number));
            needed.extend(one.leaves.iter().copied());
            is_for_each_group = true;
        }
        let relation = self.relation(&of.table);
        let on = |conditions: &[String]| match conditions {
            [] => "true".to_owned(),
            _ => conditions.join(" and "),
        };
        let (rows, all) = (on(&of_rows), on(&conditions));
        let steps = aggregate.steps(&value).filter(|_| is_of_one_table && !joins.own_columns.is_empty());
        let mut by_keys = None;
        let (aggregated, from) = match steps {
            Some((parts, aggregated)) => {
                let keys: Vec<&str> = joins.own_columns.iter().map(String::as_str).collect();
                let number = self.add_by_keys(format!(
                    "select {}, {parts} from {relation} as t0 where {rows} group by all",
                    keys.join(", ")
                ));
                by_keys = Some((number, joins.own_columns.clone()));
                (aggregated.to_owned(), format!("r{number} as t0{}", joins.sql))
            }
            None => (
                aggregate.sql(&value),
                format!("(select * from {relation} as t0 where {rows}) as t0{}", joins.sql),
            ),
        };
        let body = if is_for_each_group {
            let others: String =
                needed.iter().map(|leaf| format!(" left join l{leaf} on l{leaf}.i = g.i")).collect();
            format!("select g.i, {aggregated} as v from {from} join (g{others}{days}) on {all} group by g.i")
        } else {
            format!("select {aggregated} as v from {from} where {all}")
        };
        let (table, filters) = (of.table.clone(), filters.clone());
        let scalar = Scalar::new("", self.kind(aggregate, &of));
        Ok(self.add_leaf(Leaf { body, scalar, table, filters, by_keys }, is_for_each_group))
    }

    /// The same aggregate of two measures is computed once.
    fn add_leaf(&mut self, mut leaf: Leaf, is_for_each_group: bool) -> Scalar {
        if let Some(other) = self.leaves.iter().find(|other| other.body == leaf.body) {
            return other.scalar.clone();
        }
        let number = self.leaves.len();
        // Materialized, because DuckDB writes `nullif(v, 0)` out with `v` twice, and would aggregate twice.
        self.expressions.push(format!("l{number} as materialized ({})", leaf.body));
        if is_for_each_group {
            leaf.scalar.sql = format!("l{number}.v");
            leaf.scalar.leaves.insert(number);
        } else {
            leaf.scalar.sql = format!("(select v from l{number})");
        }
        self.leaves.push(leaf.clone());
        leaf.scalar
    }

    fn add_by_keys(&mut self, body: String) -> usize {
        self.by_keys.iter().position(|other| *other == body).unwrap_or_else(|| {
            self.by_keys.push(body);
            self.by_keys.len() - 1
        })
    }

    fn joins(&self, table: &str) -> Joins {
        Joins { tables: vec![table.to_owned()], own_columns: BTreeSet::new(), sql: String::new() }
    }

    /// The column in the joined tables; `None` if its table does not filter this one.
    fn reach(&self, joins: &mut Joins, table: &str, filters: &Filters, field: &Field) -> Option<String> {
        for step in filters.path(self.model, table, &field.table)? {
            if joins.tables.contains(&step.to_table) {
                continue;
            }
            let from = joins.tables.iter().position(|joined| *joined == step.from_table)?;
            if from == 0 {
                joins.own_columns.insert(name_literal(&step.from_column));
            }
            joins.sql.push_str(&format!(
                " left join {} as t{1} on t{from}.{2} = t{1}.{3}",
                self.relation(&step.to_table),
                joins.tables.len(),
                name_literal(&step.from_column),
                name_literal(&step.to_column)
            ));
            joins.tables.push(step.to_table.clone());
        }
        let position = joins.tables.iter().position(|joined| *joined == field.table)?;
        if position == 0 {
            joins.own_columns.insert(name_literal(&field.column));
        }
        Some(format!("t{position}.{}", name_literal(&field.column)))
    }

    /// The value of a row: its columns, those of related tables, and what is reckoned with them.
    fn row_value(
        &self,
        joins: &mut Joins,
        table: &str,
        filters: &Filters,
        row: &Expression,
    ) -> Result<String> {
        Ok(match row {
            Expression::Number(text) => text.clone(),
            Expression::Text(text) => text_literal(text),
            Expression::Column(field) if field.table == table => {
                format!("t0.{}", name_literal(&field.column))
            }
            Expression::Call(function, arguments) if function == "RELATED" => match arguments.as_slice() {
                [Expression::Column(field)] => self.reach(joins, table, filters, field).ok_or_else(|| {
                    Error::new(format!("no relationship leads from '{table}' to '{}'", field.table))
                })?,
                _ => return Err(not_known("such an argument of RELATED")),
            },
            Expression::Negative(inner) => format!("(-{})", self.row_value(joins, table, filters, inner)?),
            Expression::Binary(operator, left, right) => {
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "*",
                    Operator::Divide => "/",
                    _ => return Err(not_known("such an operator in an iteration")),
                };
                let left = self.row_value(joins, table, filters, left)?;
                let right = self.row_value(joins, table, filters, right)?;
                format!("({left}::double {sign} {right}::double)")
            }
            _ => return Err(not_known("such an expression in an iteration")),
        })
    }

    fn kind(&self, aggregate: Aggregate, of: &Aggregated) -> ScalarKind {
        let (Aggregate::Minimum | Aggregate::Maximum, Some(Expression::Column(field))) = (aggregate, &of.row)
        else {
            return ScalarKind::Number;
        };
        let columns =
            self.model.table(&field.table).map(|table| table.columns.as_slice()).unwrap_or_default();
        match columns.iter().find(|column| column.name == field.column).map(|column| column.data_type) {
            Some("dateTime") => ScalarKind::Moment,
            Some("string") => ScalarKind::Text,
            _ => ScalarKind::Number,
        }
    }

    /// The groups of facts that no dimension knows: Power BI shows them as a blank member. As SQL with the columns of the
    /// groups, for each leaf whose table reaches them all.
    pub(super) fn unknown_members(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for leaf in &self.leaves {
            let mut joins = self.joins(&leaf.table);
            let columns: Option<Vec<String>> = self
                .groups
                .iter()
                .map(|group| self.reach(&mut joins, &leaf.table, &leaf.filters, group))
                .collect();
            let Some(columns) = columns else { continue };
            let is_missing: Vec<String> = joins
                .tables
                .iter()
                .enumerate()
                .skip(1)
                .filter_map(|(position, table)| {
                    let key = self.model.relationships.iter().find(|one| one.to_table == *table)?;
                    Some(format!("t{position}.{} is null", name_literal(&key.to_column)))
                })
                .collect();
            if !is_missing.is_empty() {
                let columns: Vec<String> =
                    columns.iter().enumerate().map(|(n, column)| format!("{column} as k{n}")).collect();
                let keys: Vec<&str> = joins.own_columns.iter().map(String::as_str).collect();
                let rows = match &leaf.by_keys {
                    Some((number, known)) if joins.own_columns.is_subset(known) => format!("r{number}"),
                    _ => format!("(select distinct {} from {})", keys.join(", "), self.relation(&leaf.table)),
                };
                found.insert(format!(
                    "select {} from {rows} as t0{} where {}",
                    columns.join(", "),
                    joins.sql,
                    is_missing.join(" or ")
                ));
            }
        }
        found.into_iter().collect()
    }
}
