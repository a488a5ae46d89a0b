//! The raw text of a single row, apart from its file: the line that names its columns, and how to read it again.

use crate::read::OUTSIDE_HEADER;
use ingot_contract::{Encoding, Format, RawForm, TablePlace};
use serde_json::{Map, Value};

/// The names of a file's columns in the form of its rows' raw text: a line of CSV. `None` where each row names its own
/// columns, as in JSON.
pub(crate) fn header_line(form: &RawForm, names: &[String]) -> Option<String> {
    match form.format {
        _ if names.is_empty() => None,
        Format::Csv => form.names_columns().then(|| csv_line(form, names)),
        Format::Jsonl | Format::Parquet | Format::Xlsx | Format::Delta => None,
    }
}

fn csv_line(form: &RawForm, names: &[String]) -> String {
    let text = |mark: Option<u8>| mark.map(|mark| char::from(mark).to_string());
    let (delimiter, quote, escape) = match &form.wide_csv {
        Some(wide) => (wide.delimiter.clone(), wide.quote.clone(), wide.escape.clone()),
        None => (char::from(form.csv.delimiter).to_string(), text(form.csv.quote), text(form.csv.escape)),
    };
    let cells: Vec<String> = names
        .iter()
        .map(|name| match &quote {
            Some(quote)
                if [quote.as_str(), &delimiter, "\n", "\r"].iter().any(|mark| name.contains(mark)) =>
            {
                let escape = escape.as_ref().unwrap_or(quote);
                format!("{quote}{}{quote}", name.replace(quote.as_str(), &format!("{escape}{quote}")))
            }
            _ => name.clone(),
        })
        .collect();
    cells.join(&delimiter)
}

/// The form in which a [`document`] is read: CSV or JSON lines, in UTF-8.
pub(crate) fn form_of_documents(form: &RawForm) -> RawForm {
    let format = match form.format {
        Format::Csv => Format::Csv,
        _ => Format::Jsonl,
    };
    // The row and its header are all there is.
    let place = TablePlace { header_rows: form.place.header_rows.min(1), ..TablePlace::default() };
    RawForm { format, encoding: Encoding::Utf8, place, ..form.clone() }
}

/// A document of this one row, to be read in the form of [`form_of_documents`]. `form` is that of the row's file.
///
/// # Errors
/// What is wrong with the text, worded so that a person can correct it.
pub(crate) fn document(form: &RawForm, header: Option<&str>, raw: &[u8]) -> Result<Vec<u8>, String> {
    match (form.format, header) {
        (Format::Csv, Some(header)) => Ok([header.as_bytes(), b"\n", raw].concat()),
        (Format::Csv, None) if !form.names_columns() => Ok(raw.to_vec()),
        (Format::Csv, None) => Err("the reject file does not name the columns of the row".to_owned()),
        (Format::Xlsx, _) => {
            let row: Map<String, Value> = serde_json::from_slice(raw)
                .map_err(|error| format!("an object such as {{\"id\":\"1\",\"name\":null}}: {error}"))?;
            match row.keys().find(|name| name.starts_with(OUTSIDE_HEADER)) {
                Some(name) => Err(format!("no cell outside the header's columns, such as '{name}'")),
                None => Ok(raw.to_vec()),
            }
        }
        _ => Ok(raw.to_vec()),
    }
}
