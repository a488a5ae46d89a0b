//! The form of a file, from its beginning: encoding, dialect, and where the table is.

mod cells;
mod csv;
mod encoding;
mod form;
mod header;
mod json;
mod place;
mod record;
mod sheet;

pub(crate) use csv::{keeps_quotes, look_at_csv};
pub(crate) use encoding::{GUESSED, encoding_of, is_binary, is_mostly_utf8, name_of};
pub(crate) use form::{Look, plain_form};
pub(crate) use ingot_bronze::inspect::{is_count, is_only_total, is_total};
pub(crate) use json::look_at_json;
pub(crate) use sheet::look_at_sheet;
