//! Where a value came from: from rows of a table back through the models to rows of raw files.
//!
//! ```text
//! a model's SQL ─reach (filter)─► which rows of the tables that it reads can matter: only these are read (read, narrow)
//! a model's SQL ─values─► which columns can matter, where all rows are read
//! a model's SQL ─annotator─► the same query, each row with a list of the rows that it used ─follow─► rows of each table
//!                (query, select, from; scope: which tables and columns matter; pieces, row_id: what is put in)        (in temporary tables)
//! rows of each table ─effect─► without rows that were loaded in a period and change nothing, if that is asked
//! rows of each table ─answer, feeds─► Why: samples, expressions, raw text, rejected rows ─show─► a tree of text
//! ```
//!
//! A row counts if the value may be another one without it. Where any of several rows would do, such as those that share
//! a key, they are named together. What is not followed is said in notes.

mod annotator;
mod answer;
mod ask;
mod condition;
mod effect;
mod expression;
mod feed_files;
mod feeds;
mod filter;
mod follow;
mod found;
mod from;
mod known;
mod names;
mod narrow;
mod pieces;
mod query;
mod question;
mod reach;
mod read;
mod row_id;
mod scope;
mod select;
mod show;
#[cfg(test)]
mod tests;
mod values;

pub use ask::why;
pub use found::{RawRow, RejectedRow, Why, WhyExpression, WhyTable};
pub use question::{WhyPlaces, WhyQuestion};
pub use show::why_text;
