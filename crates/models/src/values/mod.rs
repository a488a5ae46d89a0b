//! Values of templates: made from JSON and from cells, and the objects that dbt gives templates for results.

pub(crate) mod agate;
mod convert;
pub(crate) mod record;

pub(crate) use convert::{from_cell, from_json, text, to_json};
