//! The rows of a measure: those of its semantic model, with the columns of other models joined by entities.

use crate::graph::semantics::semantic_model::Dimension;
use crate::graph::semantics::words::Granularity;
use crate::metrics::catalog::{Catalog, Model};
use crate::metrics::items::Item;
use crate::metrics::paths::{self, Found, Step};
use crate::metrics::time;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

/// The time of a row, by which its measure is added up, at the granularity of its dimension.
pub(super) const TIME: &str = "__time";

/// A query of rows that is being put together.
pub(super) struct Rows<'a> {
    catalog: &'a Catalog<'a>,
    model: Model<'a>,
    tables: Vec<Table<'a>>,
    selected: Vec<String>,
    time: String,
}

/// A table in it, and which expressions of it are read.
struct Table<'a> {
    steps: Vec<Step>,
    model: Model<'a>,
    expressions: Vec<String>,
    condition: Option<String>,
}

impl<'a> Rows<'a> {
    /// Rows of a model; `time` is the expression of their time in it.
    pub(super) fn of(catalog: &'a Catalog<'a>, model: Model<'a>, time: &str, base: Granularity) -> Self {
        let first = Table { steps: Vec::new(), model, expressions: Vec::new(), condition: None };
        let mut rows =
            Self { catalog, model, tables: vec![first], selected: Vec::new(), time: String::new() };
        let column = rows.column(0, time);
        rows.time = time::truncated(base, &column);
        let time = rows.time.clone();
        rows.select(&time, TIME);
        rows
    }

    /// Adds a column.
    pub(super) fn select(&mut self, expression: &str, name: &str) {
        let column = format!("{expression} as {}", quoted(name));
        if !self.selected.contains(&column) {
            self.selected.push(column);
        }
    }

    /// Adds what an expression of the model's own table gives.
    pub(super) fn select_own(&mut self, expression: &str, name: &str) {
        let column = self.column(0, expression);
        self.select(&column, name);
    }

    /// Adds a dimension or an entity.
    ///
    /// # Errors
    /// It cannot be reached.
    pub(super) fn select_item(&mut self, item: &Item) -> Result<()> {
        let found = paths::find(self.catalog, self.model, item)?;
        let column = self.found(&found)?;
        let value = match found.granularity {
            Some(base) => time::of_item(self.catalog, item, &column, base)?,
            None if item.granularity.is_some() || item.date_part.is_some() => {
                return Err(Error::new(format!("'{}' is not a time", item.element()))
                    .hint("take its granularity away"));
            }
            None => column,
        };
        self.select(&value, &item.column());
        Ok(())
    }

    fn found(&mut self, found: &Found) -> Result<String> {
        let mut table = 0;
        for length in 1..=found.steps.len() {
            table = self.table(&found.steps[..length], table)?;
        }
        Ok(self.column(table, &found.expression))
    }

    /// The table at the end of some steps, joined to the one before it.
    fn table(&mut self, steps: &[Step], before: usize) -> Result<usize> {
        if let Some(known) = self.tables.iter().position(|table| table.steps == steps) {
            return Ok(known);
        }
        let step = steps.last().ok_or_else(|| Error::defect("a join without a step"))?;
        let target = self.catalog.models.iter().find(|model| model.name == step.model).copied();
        let target = target.ok_or_else(|| Error::defect("a join to no model"))?;
        let key = |model: Model| {
            let entity = model.details.entity(&step.entity);
            paths::expression(entity.and_then(|entity| entity.expr.as_ref()), &step.entity)
        };
        let (left, right) = (key(self.tables[before].model), key(target));
        let left = self.column(before, &left);
        self.tables.push(Table {
            steps: steps.to_vec(),
            model: target,
            expressions: Vec::new(),
            condition: None,
        });
        let index = self.tables.len() - 1;
        let mut condition = format!("{left} = {}", self.column(index, &right));
        // A natural entity has one row at a time.
        let bound = |is_bound: fn(&Dimension) -> bool| {
            let dimension = target.details.dimensions.iter().find(|dimension| is_bound(dimension))?;
            Some(paths::expression(dimension.expr.as_ref(), &dimension.name))
        };
        let params = |dimension: &Dimension| dimension.type_params.as_ref()?.validity_params.clone();
        let start = bound(|dimension| {
            dimension
                .type_params
                .as_ref()
                .and_then(|params| params.validity_params.as_ref())
                .is_some_and(|window| window.is_start)
        });
        let end = bound(|dimension| {
            dimension
                .type_params
                .as_ref()
                .and_then(|params| params.validity_params.as_ref())
                .is_some_and(|window| window.is_end)
        });
        if target.details.dimensions.iter().any(|dimension| params(dimension).is_some())
            && let (Some(start), Some(end)) = (start, end)
        {
            let (start, end) = (self.column(index, &start), self.column(index, &end));
            let time = &self.time;
            condition = format!("{condition} and {time} >= {start} and ({time} < {end} or {end} is null)");
        }
        self.tables[index].condition = Some(condition);
        Ok(index)
    }

    /// The name of what an expression of a table gives.
    fn column(&mut self, table: usize, expression: &str) -> String {
        let expressions = &mut self.tables[table].expressions;
        let known = expressions.iter().position(|known| known == expression);
        let at = known.unwrap_or_else(|| {
            expressions.push(expression.to_owned());
            expressions.len() - 1
        });
        format!("t{table}.c{at}")
    }

    /// The query.
    ///
    /// # Errors
    /// A model has no table, as when it is ephemeral.
    pub(super) fn sql(&self) -> Result<String> {
        let mut out = format!("select {}\nfrom ", self.selected.join(", "));
        for (number, table) in self.tables.iter().enumerate() {
            let relation = table
                .model
                .details
                .node_relation
                .as_ref()
                .and_then(|relation| relation.relation_name.as_ref());
            let relation = relation.ok_or_else(|| {
                Error::new(format!(
                    "the model of the semantic model '{}' is not a table or view",
                    table.model.name
                ))
                .hint("give it a materialization that is in the database")
            })?;
            let columns: Vec<String> =
                table.expressions.iter().enumerate().map(|(at, text)| format!("{text} as c{at}")).collect();
            let query = format!("(select {} from {relation}) as t{number}", columns.join(", "));
            match &table.condition {
                Some(condition) => out.push_str(&format!("\nleft join {query} on {condition}")),
                None => out.push_str(&query),
            }
        }
        Ok(out)
    }
}
