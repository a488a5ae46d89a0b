//! A question as every metric of it is asked, and the parts that all kinds of metrics have in common.

use crate::graph::semantics::given::{TimeWindow, WhereFilters};
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::semantic_model::Measure;
use crate::graph::semantics::words::Granularity;
use crate::metrics::catalog::{Catalog, Model};
use crate::metrics::filters::{self, Condition};
use crate::metrics::items::Item;
use crate::metrics::paths;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

/// What is asked of every metric of a query.
#[derive(Clone)]
pub(super) struct Ask<'a> {
    pub catalog: &'a Catalog<'a>,
    /// What is grouped by, each time with its granularity.
    pub items: Vec<Item>,
    /// The period that is looked at, as literals of SQL without quotes.
    pub start: Option<String>,
    pub end: Option<String>,
    /// The filters of the query itself, as they were written.
    pub filters: Vec<String>,
}

/// How the time of the result differs from that of the rows.
#[derive(Clone)]
pub(super) enum Shift {
    /// So long before.
    Window(TimeWindow),
    /// At the beginning of the period.
    ToGrain(Granularity),
}

/// A measure with its model and its time.
pub(super) struct Source<'a> {
    pub model: Model<'a>,
    pub measure: &'a Measure,
    pub time: String,
    pub base: Granularity,
    /// The dimension that its time is.
    pub time_dimension: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn of(catalog: &'a Catalog<'a>, measure: &str) -> Result<Self> {
        let (model, measure) = catalog.measure(measure)?;
        let missing = || Error::new(format!("the measure '{}' has no time dimension", measure.name));
        let name = model.details.agg_time_dimension(measure).ok_or_else(missing)?;
        let dimension = model.details.time_dimension(name).ok_or_else(missing)?;
        Ok(Self {
            model,
            measure,
            time: paths::expression(dimension.expr.as_ref(), name),
            base: paths::granularity(dimension).unwrap_or(Granularity::Day),
            time_dimension: name,
        })
    }

    /// Whether an item is the time by which the measure is added up.
    pub(super) fn is_time(&self, item: &Item) -> bool {
        let is_own = match item.path.as_slice() {
            [entity] => self.model.details.primary() == Some(entity) && item.name == self.time_dimension,
            _ => false,
        };
        item.is_metric_time() || is_own
    }

    /// Whether a condition looks at that time alone.
    pub(super) fn is_about_time(&self, condition: &Condition) -> bool {
        !condition.items.is_empty()
            && condition.metrics.is_empty()
            && condition.items.iter().all(|item| self.is_time(item))
    }
}

/// The granularity at which a metric is shown where none is asked for.
pub(super) fn default_granularity(catalog: &Catalog, metric: &Metric) -> Result<Granularity> {
    if let Some(given) = metric.time_granularity.as_deref().and_then(Granularity::of) {
        return Ok(given);
    }
    let mut out = Granularity::Day;
    for measure in &metric.type_params.input_measures {
        out = out.max(Source::of(catalog, &measure.name)?.base);
    }
    Ok(out)
}

impl<'a> Ask<'a> {
    pub(super) fn columns(&self) -> Vec<String> {
        self.items.iter().map(|item| quoted(&item.column())).collect()
    }

    /// Several metrics side by side: a row for each group that one of them has.
    pub(super) fn combined(&self, inputs: &[(String, String, Option<i64>)]) -> String {
        let groups = self.columns();
        let branch = |(at, (_, sql, _)): (usize, &(String, String, Option<i64>))| {
            let mut columns = groups.clone();
            for (other, (name, _, _)) in inputs.iter().enumerate() {
                let value = if other == at { quoted(name) } else { format!("null as {}", quoted(name)) };
                columns.push(value);
            }
            format!("select {} from (\n{sql}\n)", columns.join(", "))
        };
        let branches: Vec<String> = inputs.iter().enumerate().map(branch).collect();
        let mut columns = groups.clone();
        columns.extend(inputs.iter().map(|(name, _, fill)| {
            let name = quoted(name);
            match fill {
                Some(fill) => format!("coalesce(max({name}), {fill}) as {name}"),
                None => format!("max({name}) as {name}"),
            }
        }));
        let query = format!("select {}\nfrom (\n{}\n)", columns.join(", "), branches.join("\nunion all\n"));
        if groups.is_empty() { query } else { format!("{query}\ngroup by {}", groups.join(", ")) }
    }

    pub(super) fn conditions(&self, filters: &[String]) -> Result<Vec<Condition>> {
        filters.iter().map(|filter| filters::condition(self.catalog, filter)).collect()
    }

    /// `select` what is grouped by and `more` from a query.
    pub(super) fn over(&self, sql: &str, more: &str) -> String {
        let mut columns = self.columns();
        columns.push(more.to_owned());
        format!("select {}\nfrom (\n{sql}\n)", columns.join(", "))
    }

    /// Conditions that keep a time within the period that is looked at.
    pub(super) fn period(&self, time: &str) -> Vec<String> {
        let start = self.start.as_ref().map(|start| format!("{time} >= '{start}'"));
        start.into_iter().chain(self.end.as_ref().map(|end| format!("{time} <= '{end}'"))).collect()
    }

    /// The shortest period that is asked for.
    pub(super) fn finest(&self, source: &Source) -> Option<&Item> {
        let times = self.items.iter().filter(|item| source.is_time(item) && item.date_part.is_none());
        times.min_by_key(|item| {
            item.granularity.as_deref().and_then(Granularity::of).unwrap_or(Granularity::Year)
        })
    }
}

/// Adds the conditions of a filter to others.
pub(super) fn extend(filters: &mut Vec<String>, more: Option<&WhereFilters>) {
    filters.extend(more.into_iter().flat_map(WhereFilters::texts).map(str::to_owned));
}
