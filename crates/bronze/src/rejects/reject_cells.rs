//! The columns of reject files, CSV and Parquet alike.

use super::reject::Reject;

/// Name, and whether it is a number.
pub(super) const COLUMNS: [(&str, bool); 15] = [
    ("table_name", false),
    ("file", false),
    ("row_number", true),
    ("line", true),
    ("byte_offset", true),
    ("reason_codes", false),
    ("column_name", false),
    ("value", false),
    ("expected", false),
    ("reasons", false),
    ("raw_text", false),
    ("raw_base64", false),
    ("header", false),
    ("contract_version", false),
    ("run_id", false),
];

pub(super) enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
}

/// The cells of one reject, in the order of [`COLUMNS`].
pub(super) fn cells(table: &str, contract_version: &str, run_id: &str, reject: Reject) -> [Cell; 15] {
    let text = |value: String| Cell::Text(Some(value));
    let number = |value: Option<u64>| Cell::Number(value.and_then(|value| i64::try_from(value).ok()));
    let codes: Vec<&str> = reject.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let first = reject.reasons.first();
    [
        text(table.to_owned()),
        text(reject.file.clone()),
        number(Some(reject.position.row)),
        number(reject.position.line),
        number(reject.position.byte_offset),
        text(codes.join(";")),
        Cell::Text(first.and_then(|reason| reason.column.clone())),
        Cell::Text(first.and_then(|reason| reason.value.clone())),
        Cell::Text(first.map(|reason| reason.expected.clone())),
        text(serde_json::to_string(&reject.reasons).unwrap_or_default()),
        text(reject.raw),
        Cell::Text(reject.raw_base64),
        Cell::Text(reject.header),
        text(contract_version.to_owned()),
        text(run_id.to_owned()),
    ]
}
