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
mod ask;
mod catalog;
mod conversion;
mod cumulative;
mod elements;
mod filters;
mod items;
mod made_of;
mod measure_sql;
mod metric_sql;
mod paths;
mod place;
mod query;
mod rows;
mod time;

pub(crate) use catalog::Catalog;
pub(crate) use elements::{Element, elements, row_query, typed_query};
pub(crate) use made_of::SemanticLayer;
pub use made_of::{SemanticColumn, SemanticDetails, SemanticElement};
pub use query::MetricQuery;
pub(crate) use query::compile;
