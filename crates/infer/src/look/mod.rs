//! The form of a file, from its beginning: encoding, dialect, and where the table is.

mod cells;
mod csv;
mod encoding;
mod form;
mod json;
mod sheet;

pub(crate) use cells::is_total;
pub(crate) use csv::look_at_csv;
pub(crate) use encoding::{encoding_of, name_of};
pub(crate) use form::{Look, plain_form};
pub(crate) use json::look_at_json;
pub(crate) use sheet::look_at_sheet;
