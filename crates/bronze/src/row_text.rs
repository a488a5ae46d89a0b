//! The text of a single row, apart from its file: what a reject keeps of its columns' names, and how such a row is read again.

use ingot_contract::{Contract, Encoding, Format};
use serde_json::{Map, Value};

/// Begins the name of a workbook's cell that stands outside the columns of its header, in the raw text of its row.
pub const OUTSIDE: &str = "(column ";

/// The names of a file's columns in the form of its rows' raw text: a line of CSV. `None` where a
/// row names its columns itself, as in JSON.
pub fn header(contract: &Contract, names: &[String]) -> Option<String> {
    match contract.raw.format {
        _ if names.is_empty() => None,
        Format::Csv => contract.raw.csv.header.then(|| csv_line(contract, names)),
        Format::Jsonl | Format::Parquet | Format::Xlsx | Format::Delta => None,
    }
}

fn csv_line(contract: &Contract, names: &[String]) -> String {
    let form = &contract.raw.csv;
    let delimiter = char::from(form.delimiter);
    let cells: Vec<String> = names
        .iter()
        .map(|name| match form.quote.map(char::from) {
            Some(quote) if name.contains([quote, delimiter, '\n', '\r']) => {
                let escape = form.escape.map_or(quote, char::from);
                format!("{quote}{}{quote}", name.replace(quote, &format!("{escape}{quote}")))
            }
            _ => name.clone(),
        })
        .collect();
    cells.join(&delimiter.to_string())
}

/// The contract under which [`document`] is read: in UTF-8, CSV or JSON lines.
pub fn contract_of_documents(contract: &Contract) -> Contract {
    let mut contract = contract.clone();
    contract.raw.encoding = Encoding::Utf8;
    contract.raw.format = match contract.raw.format {
        Format::Csv => Format::Csv,
        _ => Format::Jsonl,
    };
    contract
}

/// A document of this one row, to be read under [`contract_of_documents`].
///
/// # Errors
/// What is wrong with the text, said so that a person can put it right.
pub fn document(contract: &Contract, header: Option<&str>, raw: &[u8]) -> Result<Vec<u8>, String> {
    match (contract.raw.format, header) {
        (Format::Csv, Some(header)) => Ok([header.as_bytes(), b"\n", raw].concat()),
        (Format::Csv, None) if !contract.raw.csv.header => Ok(raw.to_vec()),
        (Format::Csv, None) => Err("the reject file does not say what the columns of the row are".to_owned()),
        (Format::Xlsx, _) => {
            let row: Map<String, Value> = serde_json::from_slice(raw)
                .map_err(|error| format!("an object such as {{\"id\":\"1\",\"name\":null}}: {error}"))?;
            match row.keys().find(|name| name.starts_with(OUTSIDE)) {
                Some(name) => Err(format!("no cell outside the header's columns, such as '{name}'")),
                None => Ok(raw.to_vec()),
            }
        }
        _ => Ok(raw.to_vec()),
    }
}
