//! Measures as SQL: the DAX of the model, for all groups of a visual at once.
//!
//! The groups are a common table expression `g` with their number `i` and the values of the categories `k0`, `k1`, …. Each
//! aggregate of a measure is a *leaf*: an expression `l0`, `l1`, … with one value `v` a group. What is left is a scalar
//! expression over the leaves. A function that is not known here is an error that names it: the picture shows no number that
//! Power BI would not show.

use super::dax_syntax::{Expression, Operator, parse};
use super::filters::{Condition, Days, Filters, column_and_values};
use super::leaf::Aggregate;
use super::query_parts::{MeasureSql, Scalar, ScalarKind, not_known, sql_operator};
use crate::project::definition::Field;
use ingot_core::error::{Error, Result};
use ingot_engine::text_literal;
use std::collections::{BTreeMap, BTreeSet};

/// Functions of values, whatever filters them.
const OF_SCALARS: [&str; 21] = [
    "DIVIDE", "IF", "ISBLANK", "COALESCE", "ABS", "FLOOR", "CEILING", "SQRT", "EXP", "LN", "INT", "ROUND",
    "MIN", "MAX", "AND", "OR", "NOT", "DATE", "YEAR", "MONTH", "DAY",
];

type Variables = BTreeMap<String, Scalar>;

impl MeasureSql<'_> {
    /// A measure of the model, by its name.
    ///
    /// # Errors
    /// There is none, or it is written in DAX that is not known here.
    pub(super) fn measure(&mut self, name: &str, filters: &Filters) -> Result<Scalar> {
        let found = self.model.tables.iter().flat_map(|table| &table.measures).find(|one| one.name == name);
        let dax = &found.ok_or_else(|| Error::new(format!("there is no measure '{name}'")))?.dax;
        if self.depth > 30 {
            return Err(Error::new(format!("the measure '{name}' is made of itself")));
        }
        self.depth += 1;
        let scalar = parse(dax).and_then(|expression| self.scalar(&expression, filters, &Variables::new()));
        self.depth -= 1;
        scalar.map_err(|error| {
            if error.message().starts_with("the measure '") {
                return error;
            }
            Error::new(format!("the measure '{name}': {}", error.message()))
        })
    }

    fn scalar(
        &mut self,
        expression: &Expression,
        filters: &Filters,
        variables: &Variables,
    ) -> Result<Scalar> {
        Ok(match expression {
            Expression::Number(text) => Scalar::new(text.clone(), ScalarKind::Number),
            Expression::Text(text) => Scalar::new(text_literal(text), ScalarKind::Text),
            Expression::Bracketed(name) => self.measure(name, filters)?,
            Expression::Name(name) => variables
                .iter()
                .find(|(variable, _)| variable.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone())
                .ok_or_else(|| not_known(&format!("the name '{name}'")))?,
            Expression::With(definitions, result) => {
                let mut inner = variables.clone();
                for (name, value) in definitions {
                    let value = self.scalar(value, filters, &inner)?;
                    inner.insert(name.clone(), value);
                }
                self.scalar(result, filters, &inner)?
            }
            Expression::Negative(inner) => {
                let inner = self.scalar(inner, filters, variables)?;
                Scalar::of(format!("(-{})", inner.sql), ScalarKind::Number, &[&inner])
            }
            Expression::Not(inner) => {
                let inner = self.scalar(inner, filters, variables)?;
                Scalar::of(format!("(not {})", inner.or_zero()), ScalarKind::Truth, &[&inner])
            }
            Expression::Binary(operator, left, right) => {
                let left = self.scalar(left, filters, variables)?;
                let right = self.scalar(right, filters, variables)?;
                binary(*operator, &left, &right)?
            }
            Expression::Call(function, arguments) => self.call(function, arguments, filters, variables)?,
            Expression::Column(field) => {
                return Err(not_known(&format!(
                    "the column {}[{}] outside an aggregate",
                    field.table, field.column
                )));
            }
            Expression::List(_) => return Err(not_known("a list outside MINX, MAXX and IN")),
        })
    }

    fn call(
        &mut self,
        function: &str,
        arguments: &[Expression],
        filters: &Filters,
        variables: &Variables,
    ) -> Result<Scalar> {
        let number = |sql: String, parts: &[&Scalar]| Scalar::of(sql, ScalarKind::Number, parts);
        if let Some((aggregate, of)) = Aggregate::read(function, arguments)? {
            return self.leaf(aggregate, of, filters);
        }
        match (function, arguments) {
            ("CALCULATE", [inner, modifiers @ ..]) => {
                let changed = self.changed(modifiers, filters, variables)?;
                return self.scalar(inner, &changed, variables);
            }
            ("MINX" | "MAXX", [Expression::List(values), Expression::Bracketed(_)]) => {
                let values = self.scalars(values, filters, variables)?;
                let name = if function == "MINX" { "least" } else { "greatest" };
                let parts: Vec<&Scalar> = values.iter().collect();
                let kind = values.first().map_or(ScalarKind::Number, |first| first.kind);
                return Ok(Scalar::of(format!("{name}({})", list(&values)), kind, &parts));
            }
            ("SELECTEDVALUE", [Expression::Column(field), rest @ ..]) => {
                let default = match rest.first() {
                    Some(default) => self.scalar(default, filters, variables)?,
                    None => Scalar::new("null", ScalarKind::Number),
                };
                let shown = self.groups.iter().position(|group| group == field);
                return Ok(match shown.filter(|_| !filters.remove(field, self.definition.calendar())) {
                    Some(position) => Scalar::of(format!("g.k{position}"), default.kind, &[]),
                    None => default,
                });
            }
            ("BLANK", []) => return Ok(Scalar::new("null", ScalarKind::Number)),
            ("TRUE" | "FALSE", []) => return Ok(Scalar::new(function.to_lowercase(), ScalarKind::Truth)),
            // Times are UTC everywhere; DuckDB's own words for it need an extension.
            ("UTCNOW" | "NOW", []) => {
                return Ok(Scalar::new("make_timestamp(epoch_us(now()))", ScalarKind::Moment));
            }
            ("UTCTODAY" | "TODAY", []) => {
                return Ok(Scalar::new("make_timestamp(epoch_us(now()))::date", ScalarKind::Moment));
            }
            ("DATEDIFF", [from, to, Expression::Name(unit)]) => {
                const UNITS: [&str; 8] =
                    ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];
                let unit = unit.to_uppercase();
                if !UNITS.contains(&unit.as_str()) {
                    return Err(not_known(&format!("the interval '{unit}'")));
                }
                let (from, to) =
                    (self.scalar(from, filters, variables)?, self.scalar(to, filters, variables)?);
                let sql = format!(
                    "date_diff('{}', {}::timestamp, {}::timestamp)",
                    unit.to_lowercase(),
                    from.sql,
                    to.sql
                );
                return Ok(number(sql, &[&from, &to]));
            }
            _ => {}
        }
        if !OF_SCALARS.contains(&function) {
            return Err(not_known(&format!("the function {function}")));
        }
        let values = self.scalars(arguments, filters, variables)?;
        let parts: Vec<&Scalar> = values.iter().collect();
        Ok(match (function, values.as_slice()) {
            ("DIVIDE", [part, whole]) => number(format!("({} / nullif({}, 0))", part.sql, whole.sql), &parts),
            ("DIVIDE", [part, whole, other]) => {
                let sql = format!(
                    "(case when coalesce({}, 0) = 0 then {} else {} / {} end)",
                    whole.sql, other.sql, part.sql, whole.sql
                );
                number(sql, &parts)
            }
            ("IF", [condition, yes]) => Scalar::of(
                format!("(case when {} then {} end)", condition.or_zero(), yes.sql),
                yes.kind,
                &parts,
            ),
            ("IF", [condition, yes, no]) => {
                let sql = format!("(case when {} then {} else {} end)", condition.or_zero(), yes.sql, no.sql);
                Scalar::of(sql, yes.kind, &parts)
            }
            ("ISBLANK", [value]) => Scalar::of(format!("({} is null)", value.sql), ScalarKind::Truth, &parts),
            ("COALESCE", [first, ..]) => {
                Scalar::of(format!("coalesce({})", list(&values)), first.kind, &parts)
            }
            ("ABS" | "FLOOR" | "CEILING" | "SQRT" | "EXP" | "LN", [value]) => {
                number(format!("{}({})", function.to_lowercase(), value.sql), &parts)
            }
            ("INT", [value]) => number(format!("floor({})", value.sql), &parts),
            ("ROUND", [value, digits]) => {
                number(format!("round({}, ({})::integer)", value.sql, digits.sql), &parts)
            }
            ("MIN" | "MAX", [_, _]) => {
                let name = if function == "MIN" { "least" } else { "greatest" };
                Scalar::of(format!("{name}({})", list(&values)), values[0].kind, &parts)
            }
            ("AND", [one, other]) => binary(Operator::And, one, other)?,
            ("OR", [one, other]) => binary(Operator::Or, one, other)?,
            ("NOT", [one]) => Scalar::of(format!("(not {})", one.or_zero()), ScalarKind::Truth, &parts),
            ("DATE", [year, month, day]) => {
                // A month 13 or a day 0 is of the next year or the month before.
                let sql = format!(
                    "(make_date(({})::bigint, 1, 1) + to_months(({})::integer - 1) + to_days(({})::integer - 1))::date",
                    year.sql, month.sql, day.sql
                );
                Scalar::of(sql, ScalarKind::Moment, &parts)
            }
            ("YEAR" | "MONTH" | "DAY", [day]) => {
                number(format!("{}({})", function.to_lowercase(), day.sql), &parts)
            }
            _ => {
                return Err(not_known(&format!(
                    "the function {function} with {} arguments",
                    arguments.len()
                )));
            }
        })
    }

    fn scalars(
        &mut self,
        expressions: &[Expression],
        filters: &Filters,
        variables: &Variables,
    ) -> Result<Vec<Scalar>> {
        expressions.iter().map(|one| self.scalar(one, filters, variables)).collect()
    }

    /// The filters inside CALCULATE.
    fn changed(
        &mut self,
        modifiers: &[Expression],
        outer: &Filters,
        variables: &Variables,
    ) -> Result<Filters> {
        let mut filters = outer.clone();
        for modifier in modifiers {
            match modifier {
                Expression::Call(function, arguments) => match (function.as_str(), arguments.as_slice()) {
                    ("REMOVEFILTERS" | "ALL", []) => {
                        filters = Filters { everything_removed: true, ..Filters::default() };
                    }
                    ("REMOVEFILTERS" | "ALL", removed) => {
                        for one in removed {
                            match one {
                                Expression::Name(table) => filters.without_table(table),
                                Expression::Column(column) => filters.without_column(column),
                                _ => return Err(not_known(&format!("such an argument of {function}"))),
                            }
                        }
                    }
                    ("USERELATIONSHIP", [Expression::Column(one), Expression::Column(other)]) => {
                        filters.relationships.push((one.clone(), other.clone()));
                    }
                    ("KEEPFILTERS", [Expression::Binary(operator, left, right)]) => {
                        // The filter of the category stays, so the condition comes on top of it.
                        self.condition(*operator, left, right, outer, &mut filters, variables)?;
                        if filters.conditions.last().is_some_and(|one| self.groups.contains(&one.column)) {
                            return Err(not_known("KEEPFILTERS on a category of the visual"));
                        }
                    }
                    (function, [Expression::Column(dates), rest @ ..])
                        if self.definition.date.as_ref() == Some(dates) =>
                    {
                        filters.days = Some(self.days(function, rest, dates, outer, variables)?);
                    }
                    _ => return Err(not_known(&format!("{function} as a filter"))),
                },
                Expression::Binary(Operator::And, left, right) => {
                    filters = self.changed(&[(**left).clone(), (**right).clone()], &filters, variables)?;
                }
                Expression::Binary(operator, left, right) => {
                    self.condition(*operator, left, right, outer, &mut filters, variables)?;
                }
                _ => return Err(not_known("such a filter of CALCULATE")),
            }
        }
        Ok(filters)
    }

    fn condition(
        &mut self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        outer: &Filters,
        filters: &mut Filters,
        variables: &Variables,
    ) -> Result<()> {
        let (column, operator, values) = column_and_values(operator, left, right)
            .filter(|(_, operator, _)| sql_operator(*operator).is_some() || *operator == Operator::In)
            .ok_or_else(|| not_known("a condition that is not on one column"))?;
        let values = self.scalars(&values, outer, variables)?;
        filters.conditions.push(Condition {
            column,
            operator,
            leaves: values.iter().flat_map(|value| value.leaves.iter().copied()).collect(),
            values: values.into_iter().map(|value| value.sql).collect(),
        });
        Ok(())
    }

    /// The days of a period for each group, as a common table expression `d<number>` with `i` and `day`.
    fn days(
        &mut self,
        function: &str,
        arguments: &[Expression],
        date: &Field,
        outer: &Filters,
        variables: &Variables,
    ) -> Result<Days> {
        let (table, day) = (self.relation(&date.table), ingot_engine::name_literal(&date.column));
        let shown = self.shown_days(date, outer);
        let mut leaves = BTreeSet::new();
        let body = match (function, arguments) {
            ("DATESBETWEEN", [first, last]) => {
                let (first, last) =
                    (self.scalar(first, outer, variables)?, self.scalar(last, outer, variables)?);
                leaves.extend(first.leaves.iter().chain(&last.leaves));
                let joins: String =
                    leaves.iter().map(|leaf| format!(" left join l{leaf} on l{leaf}.i = g.i")).collect();
                format!(
                    "select g.i, t.{day}::date as day from g{joins} join {table} as t on t.{day} between {} and {}",
                    first.sql, last.sql
                )
            }
            // The last day of a month is the last day of that month a year before, so that 29 February is in February.
            ("SAMEPERIODLASTYEAR", []) => format!(
                "select i, (day - interval 1 year)::date as day from ({shown}) union \
                 select i, last_day(day - interval 1 year)::date from ({shown}) where day = last_day(day)"
            ),
            ("DATESYTD", []) => format!(
                "select w.i, t.{day}::date as day from (select i, max(day) as last from ({shown}) group by i) as w \
                 join {table} as t on t.{day} between make_date(year(w.last), 1, 1) and w.last"
            ),
            ("DATESMTD", []) => format!(
                "select w.i, t.{day}::date as day from (select i, max(day) as last from ({shown}) group by i) as w \
                 join {table} as t on t.{day} between make_date(year(w.last), month(w.last), 1) and w.last"
            ),
            _ => {
                return Err(not_known(&format!(
                    "{function} with {} more arguments as a filter",
                    arguments.len()
                )));
            }
        };
        let number = self.expressions.len();
        self.expressions.push(format!("d{number} as materialized (select distinct i, day from ({body}))"));
        Ok(Days { number, leaves })
    }

    /// The days (`i`, `day`) that each group shows.
    fn shown_days(&self, date: &Field, filters: &Filters) -> String {
        if let Some(days) = &filters.days {
            return format!("select i, day from d{}", days.number);
        }
        let conditions: Vec<String> = self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.table == date.table && !filters.remove(group, Some(&date.table)))
            .map(|(position, group)| {
                format!("t.{} is not distinct from g.k{position}", ingot_engine::name_literal(&group.column))
            })
            .collect();
        let on = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
        format!(
            "select g.i, t.{}::date as day from g join {} as t on {on}",
            ingot_engine::name_literal(&date.column),
            self.relation(&date.table)
        )
    }
}

fn list(values: &[Scalar]) -> String {
    values.iter().map(|value| value.sql.as_str()).collect::<Vec<_>>().join(", ")
}

/// Blank is zero beside a number, and blank where both are (<https://learn.microsoft.com/dax/best-practices/dax-avoid-converting-blank>).
fn binary(operator: Operator, left: &Scalar, right: &Scalar) -> Result<Scalar> {
    let parts = [left, right];
    let (one, other) = (&left.sql, &right.sql);
    let is_moment = left.kind == ScalarKind::Moment || right.kind == ScalarKind::Moment;
    Ok(match operator {
        Operator::And => {
            Scalar::of(format!("({} and {})", left.or_zero(), right.or_zero()), ScalarKind::Truth, &parts)
        }
        Operator::Or => {
            Scalar::of(format!("({} or {})", left.or_zero(), right.or_zero()), ScalarKind::Truth, &parts)
        }
        Operator::Add | Operator::Subtract => {
            let sign = if operator == Operator::Add { "+" } else { "-" };
            if is_moment {
                let days = |scalar: &Scalar| match scalar.kind {
                    ScalarKind::Moment => scalar.sql.clone(),
                    _ => format!("({})::integer", scalar.sql),
                };
                let both = left.kind == right.kind;
                let kind = if both { ScalarKind::Number } else { ScalarKind::Moment };
                return Ok(Scalar::of(format!("({} {sign} {})", days(left), days(right)), kind, &parts));
            }
            let sql = format!(
                "(case when {one} is null and {other} is null then null else {} {sign} {} end)",
                left.or_zero(),
                right.or_zero()
            );
            Scalar::of(sql, ScalarKind::Number, &parts)
        }
        Operator::Multiply => Scalar::of(format!("({one} * {other})"), ScalarKind::Number, &parts),
        Operator::Divide => Scalar::of(format!("({one} / nullif({other}, 0))"), ScalarKind::Number, &parts),
        Operator::Power => Scalar::of(format!("power({one}, {other})"), ScalarKind::Number, &parts),
        Operator::Join => Scalar::of(format!("concat({one}, {other})"), ScalarKind::Text, &parts),
        Operator::In => return Err(not_known("IN outside CALCULATE")),
        _ => {
            let sign = sql_operator(operator).unwrap_or("=");
            Scalar::of(format!("({} {sign} {})", left.or_zero(), right.or_zero()), ScalarKind::Truth, &parts)
        }
    })
}
