//! Metrics as queries: what a person asks for, compiled to SQL for DuckDB.
//!
//! ```text
//! MetricQuery ─items─► what is grouped by ─► metric (simple, ratio, derived, cumulative, conversion)
//!                                              │ each of its measures
//!                                              ▼
//!                        rows of the measure's model, with joined dimensions ─► filters ─► aggregation
//! ```
//!
//! The rules are MetricFlow's: <https://github.com/dbt-labs/metricflow>, and so are the names of the columns.

mod aggregation;
mod catalog;
mod conversion;
mod filters;
mod items;
mod metric_sql;
mod paths;
mod query;
mod rows;
mod time;

pub(crate) use catalog::Catalog;
pub use query::MetricQuery;
pub(crate) use query::compile;
