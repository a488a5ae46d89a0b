//! How single things are shown: SQL with colours, Markdown, charts, names of files.

mod charts;
mod file_names;
mod markdown;
mod script;
mod sql;

pub(crate) use charts::line_chart;
pub(crate) use file_names::file_name;
pub(crate) use markdown::{escaped, markdown};
pub(crate) use script::script_safe;
pub(crate) use sql::sql;
