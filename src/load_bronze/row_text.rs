//! The text of a single row, apart from its file: what a reject keeps of its columns' names, and how such a row is read again.

use crate::contract::{Contract, Encoding, Format};
use serde_json::{Map, Value};

/// The names of a file's columns in the form of its rows' raw text: a line of CSV, or a list for a workbook. `None` where a
/// row names its columns itself, as in JSON.
pub fn header(contract: &Contract, names: &[String]) -> Option<String> {
    match contract.raw.format {
        _ if names.is_empty() => None,
        Format::Csv => contract.raw.csv.header.then(|| csv_line(contract, names)),
        Format::Xlsx => Some(Value::from(names.to_vec()).to_string()),
        Format::Jsonl | Format::Parquet | Format::Delta => None,
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
        (Format::Xlsx, header) => {
            let names: Vec<String> =
                header.and_then(|header| serde_json::from_str(header).ok()).unwrap_or_default();
            let cells: Vec<Value> = serde_json::from_slice(raw)
                .map_err(|error| format!("a list of cells such as [\"a\",\"1\",null]: {error}"))?;
            if cells.len() != names.len() {
                return Err(format!("{} cells, as in the header; the row has {}", names.len(), cells.len()));
            }
            let object: Map<String, Value> = names.into_iter().zip(cells).collect();
            Ok(Value::Object(object).to_string().into_bytes())
        }
        _ => Ok(raw.to_vec()),
    }
}
