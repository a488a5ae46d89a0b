//! `ingot powerbi preview`: the pages of the report with the warehouse's numbers, as one HTML file for people without Power BI.
//!
//! ```text
//! dax_syntax     DAX, read
//! filters        what filters a measure in a place of a visual
//! query_parts    the query of a visual while it is made
//! measure_sql    a measure as SQL; leaf: its aggregates
//! visual_query   the query of a visual, and its answer
//! chart          the answer as series; bars, lines, round: drawn as SVG; scale, svg: what they share
//! tables         the answer as HTML tables
//! numbers        numbers as their format strings say
//! draw           one visual
//! theme          colours on light and dark grounds
//! run            the file
//! ```
//!
//! Numbers come from the DAX of the model, not from a second statement of it, so the picture shows what Power BI computes.

mod bars;
mod chart;
mod dax_syntax;
mod draw;
mod filters;
mod leaf;
mod lines;
mod measure_sql;
mod numbers;
mod query_parts;
mod round;
mod run;
mod scale;
mod svg;
mod tables;
mod theme;
mod visual_query;

pub use run::{Previewed, PreviewedPage, preview};
