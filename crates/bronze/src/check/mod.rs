//! Rows against their contract: which cell belongs to which column (`match_columns`, and `members` for JSON), what a
//! text is as a value (`parse`), what is required and which rules reject (`checks`, `rules`, `text_format`), what the
//! file's path says (`fixed_value`); and the same for whole columns that
//! have types already (`columnar`). Nothing here reads or writes a file.

pub(crate) mod columnar;

mod checks;
mod column_names;
mod fixed_value;
mod match_columns;
mod members;
mod parse;
mod rules;
mod text_format;

pub(crate) use checks::Checks;
pub(crate) use fixed_value::FixedValue;
pub(crate) use match_columns::{ColumnNotes, columns_of, match_columns, match_header};
pub(crate) use members::{MemberColumns, ObjectCheck};
pub(crate) use parse::{Value, parse};
