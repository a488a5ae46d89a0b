//! A question for metrics, and its SQL.

use crate::graph::semantics::given::WhereFilters;
use crate::graph::semantics::words::Granularity;
use crate::metrics::ask::{Ask, Source, default_granularity};
use crate::metrics::catalog::Catalog;
use crate::metrics::filters::{self, Named};
use crate::metrics::items::Item;
use crate::metrics::paths;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

/// What is asked for. Names and forms are MetricFlow's.
#[derive(Debug, Clone, Default)]
pub struct MetricQuery {
    pub metrics: Vec<String>,
    /// `metric_time__month`, `customer__region`, `Dimension('customer__region')`, …
    pub group_by: Vec<String>,
    /// SQL with `{{ Dimension('…') }}` in it; all of them hold.
    pub filters: Vec<String>,
    /// A metric or something that is grouped by; with `-` before it from the largest on.
    pub order_by: Vec<String>,
    pub limit: Option<u64>,
    /// The first and the last moment that is looked at.
    pub start: Option<String>,
    pub end: Option<String>,
    /// A saved query, to which the rest is added.
    pub saved_query: Option<String>,
    /// Whether the SQL is shown in place of the rows.
    pub explain: bool,
}

/// The SQL of a question.
///
/// # Errors
/// It names what is not there, or what does not go together.
pub(crate) fn compile(catalog: &Catalog, query: &MetricQuery) -> Result<String> {
    let mut query = query.clone();
    if let Some(name) = &query.saved_query {
        let saved = &catalog.saved_query(name)?.query_params;
        query.metrics = saved.metrics.iter().chain(&query.metrics).cloned().collect();
        query.group_by = saved.group_by.iter().chain(&query.group_by).cloned().collect();
        query.filters.extend(saved.filter.iter().flat_map(WhereFilters::texts).map(str::to_owned));
        if query.order_by.is_empty() {
            query.order_by.clone_from(&saved.order_by);
        }
        query.limit = query.limit.or_else(|| saved.limit.and_then(|limit| u64::try_from(limit).ok()));
    }
    if query.metrics.is_empty() {
        return Err(Error::new("no metric is asked for")
            .hint("name one with --metrics; `ingot metrics list` shows them"));
    }
    for bound in query.start.iter().chain(&query.end) {
        if !bound.chars().all(|character| character.is_ascii_alphanumeric() || " :.-+".contains(character)) {
            return Err(
                Error::new(format!("'{bound}' is not a date or a time")).hint("write it as 2024-01-31")
            );
        }
    }
    let default = default_time(catalog, &query.metrics)?;
    let mut items: Vec<Item> = Vec::new();
    for text in &query.group_by {
        let item = match filters::named(catalog, text)?.0 {
            Named::Item(item) => item,
            Named::Metric(name) => {
                return Err(Error::new(format!(
                    "'{name}' is a metric, and queries are grouped by dimensions"
                )));
            }
        };
        let item = with_granularity(catalog, item, &query.metrics, default)?;
        if !items.contains(&item) {
            items.push(item);
        }
    }
    let (start, end) = (query.start.clone(), query.end.clone());
    let ask = Ask { catalog, items, start, end, filters: query.filters.clone() };
    let mut inputs = Vec::new();
    for name in &query.metrics {
        let sql = ask.metric(name, &query.filters, None)?;
        let fill =
            catalog.metric(name)?.type_params.measure.as_ref().and_then(|measure| measure.fill_nulls_with);
        inputs.push((name.clone(), sql, fill));
    }
    let mut sql = match inputs.as_slice() {
        [(_, only, _)] => only.clone(),
        _ => ask.combined(&inputs),
    };
    let order: Result<Vec<String>> =
        query.order_by.iter().map(|text| ordered(catalog, &ask, &query.metrics, text, default)).collect();
    let order = order?;
    if !order.is_empty() {
        sql = format!("select * from (\n{sql}\n)\norder by {}", order.join(", "));
    }
    if let Some(limit) = query.limit {
        let head = if order.is_empty() { format!("select * from (\n{sql}\n)") } else { sql };
        sql = format!("{head}\nlimit {limit}");
    }
    Ok(sql)
}

/// The granularity of `metric_time` where none is said: the longest of those of the metrics.
fn default_time(catalog: &Catalog, metrics: &[String]) -> Result<Granularity> {
    let mut out: Option<Granularity> = None;
    for name in metrics {
        let own = default_granularity(catalog, catalog.metric(name)?)?;
        out = Some(out.map_or(own, |known| known.max(own)));
    }
    Ok(out.unwrap_or(Granularity::Day))
}

/// A time without granularity gets the metrics' own, or that of its dimension.
fn with_granularity(
    catalog: &Catalog,
    mut item: Item,
    metrics: &[String],
    default: Granularity,
) -> Result<Item> {
    if item.granularity.is_some() || item.date_part.is_some() {
        return Ok(item);
    }
    if item.is_metric_time() {
        item.granularity = Some(default.name().to_owned());
        return Ok(item);
    }
    for name in metrics {
        for measure in &catalog.metric(name)?.type_params.input_measures {
            let source = Source::of(catalog, &measure.name)?;
            if let Some(granularity) = paths::find(catalog, source.model, &item)?.granularity {
                item.granularity = Some(granularity.name().to_owned());
                return Ok(item);
            }
        }
    }
    Ok(item)
}

fn ordered(
    catalog: &Catalog,
    ask: &Ask,
    metrics: &[String],
    text: &str,
    default: Granularity,
) -> Result<String> {
    let (named, descending) = filters::named(catalog, text)?;
    let (column, is_known) = match named {
        Named::Metric(name) => (quoted(&name), metrics.contains(&name)),
        Named::Item(item) => {
            let item = with_granularity(catalog, item, metrics, default)?;
            (quoted(&item.column()), ask.items.contains(&item))
        }
    };
    if !is_known {
        return Err(Error::new(format!("the order by '{text}' is of nothing that is asked for"))
            .hint("order by one of the metrics, or by what is grouped by"));
    }
    Ok(if descending { format!("{column} desc nulls last") } else { column })
}
