//! Rows against their contract: which cell belongs to which column (`match_columns`, and `members` for JSON), what a
//! text is as a value (`parse`, and `form` where the contract states how values are written), what is required and
//! which rules reject (`checks`, `rules`, `text_format`), what the file's path says (`fixed_value`), where inside a
//! value something is (`place`); and the same for whole columns that
//! have types already (`columnar`). Nothing here reads or writes a file.

pub(crate) mod columnar;

mod checks;
mod column_names;
mod fixed_value;
mod form;
mod match_columns;
mod members;
mod parse;
mod place;
mod rules;
mod suggest;
mod text_format;
mod text_values;

pub(crate) use checks::{Checks, ColumnCheck};
pub(crate) use fixed_value::FixedValue;
pub(crate) use form::CompiledForm;
pub(crate) use match_columns::{ColumnNotes, columns_of, match_columns, match_header};
pub(crate) use members::{Cells, MemberColumns, ObjectCheck};
pub(crate) use parse::{CellText, Value, parse};
pub(crate) use place::{Place, any_item};
pub(crate) use text_values::{base64, bytes, time_of_day};
