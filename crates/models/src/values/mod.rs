//! Values of templates: made from JSON and from cells, and the objects that dbt gives templates for results.

pub(crate) mod agate;
mod cell;
mod convert;
mod nested;
mod python_text;
pub(crate) mod python_yaml;
pub(crate) mod record;
mod scalar;

pub(crate) use cell::from_cell;
pub(crate) use convert::{from_json, text, to_json};
