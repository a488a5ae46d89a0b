//! Rows against their contract: which cell belongs to which column (`match_columns`, and `members` for JSON), what a
//! text is as a value (`parse`, and `form` where the contract states how values are written), what is required and which rules reject (`checks`); and the same for whole columns that
//! have types already (`columnar`). Nothing here reads or writes a file.

pub(crate) mod columnar;

mod checks;
mod form;
mod match_columns;
mod members;
mod parse;
mod suggest;

pub(crate) use checks::{Checks, FixedValue};
pub(crate) use match_columns::{ColumnNotes, match_columns, match_header};
pub(crate) use members::{MemberColumns, ObjectCheck};
pub(crate) use parse::{Value, parse};
