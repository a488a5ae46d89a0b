//! Writes rejects as CSV and as Parquet.

use super::reject::Reject;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::parquet::basic::{Compression, ZstdLevel};
use ingot_lake::parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Name, and whether it is a number.
const COLUMNS: [(&str, bool); 15] = [
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

/// Takes one reject: the table's name, the contract's version, the run, the reject.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&str, &str, &str, Reject) -> Result<()>;

/// Writes both files; `each` hands over every reject.
pub(crate) fn write_rejects(
    csv_path: &Path,
    parquet_path: &Path,
    each: impl FnOnce(Take<'_>) -> Result<()>,
) -> Result<()> {
    let mut csv = BufWriter::new(File::create(csv_path).or_cannot_at("create the file", csv_path)?);
    let header: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(csv, "{}", header.join(",")).or_cannot_at("write the file", csv_path)?;

    let schema = Arc::new(Schema::new(
        COLUMNS
            .iter()
            .map(|(name, number)| {
                Field::new(*name, if *number { DataType::Int64 } else { DataType::Utf8 }, true)
            })
            .collect::<Vec<_>>(),
    ));
    let file = File::create(parquet_path).or_cannot_at("create the file", parquet_path)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .build();
    let mut parquet = ArrowWriter::try_new(file, schema.clone(), Some(properties))
        .or_cannot_at("write the file", parquet_path)?;
    let mut pending = Pending::default();
    each(&mut |table, contract_version, run_id, reject| {
        let cells = cells(table, contract_version, run_id, reject);
        write_csv_line(&mut csv, &cells).or_cannot_at("write the file", csv_path)?;
        pending.push(cells);
        if pending.rows >= 4096 {
            let batch = pending.take(&schema).or_cannot_at("write the file", parquet_path)?;
            parquet.write(&batch).or_cannot_at("write the file", parquet_path)?;
        }
        Ok(())
    })?;
    let batch = pending.take(&schema).or_cannot_at("write the file", parquet_path)?;
    parquet.write(&batch).or_cannot_at("write the file", parquet_path)?;
    parquet.close().or_cannot_at("write the file", parquet_path)?;
    csv.flush().or_cannot_at("write the file", csv_path)?;
    Ok(())
}

enum Out {
    Text(Option<String>),
    Number(Option<i64>),
}

fn cells(table: &str, contract_version: &str, run_id: &str, reject: Reject) -> [Out; 15] {
    let text = |value: String| Out::Text(Some(value));
    let number = |value: Option<u64>| Out::Number(value.and_then(|value| i64::try_from(value).ok()));
    let codes: Vec<&str> = reject.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let first = reject.reasons.first();
    [
        text(table.to_owned()),
        text(reject.file.clone()),
        number(Some(reject.position.row)),
        number(reject.position.line),
        number(reject.position.byte_offset),
        text(codes.join(";")),
        Out::Text(first.and_then(|reason| reason.column.clone())),
        Out::Text(first.and_then(|reason| reason.value.clone())),
        Out::Text(first.map(|reason| reason.expected.clone())),
        text(serde_json::to_string(&reject.reasons).unwrap_or_default()),
        text(reject.raw),
        Out::Text(reject.raw_base64),
        Out::Text(reject.header),
        text(contract_version.to_owned()),
        text(run_id.to_owned()),
    ]
}

fn write_csv_line(out: &mut impl Write, cells: &[Out]) -> std::io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match cell {
            Out::Number(Some(number)) => write!(out, "{number}")?,
            Out::Text(Some(text)) if text.contains([',', '"', '\n', '\r']) || text.is_empty() => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Out::Text(Some(text)) => out.write_all(text.as_bytes())?,
            Out::Number(None) | Out::Text(None) => {}
        }
    }
    out.write_all(b"\n")
}

#[derive(Default)]
struct Pending {
    cells: Vec<[Out; 15]>,
    rows: usize,
}

impl Pending {
    fn push(&mut self, cells: [Out; 15]) {
        self.cells.push(cells);
        self.rows += 1;
    }

    fn take(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ingot_lake::arrow::error::ArrowError> {
        let rows = std::mem::take(&mut self.cells);
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(COLUMNS.len());
        for (index, (_, is_number)) in COLUMNS.iter().enumerate() {
            if *is_number {
                let mut builder = Int64Builder::new();
                for row in &rows {
                    builder.append_option(if let Out::Number(number) = &row[index] { *number } else { None });
                }
                columns.push(Arc::new(builder.finish()));
            } else {
                let mut builder = StringBuilder::new();
                for row in &rows {
                    builder.append_option(if let Out::Text(text) = &row[index] {
                        text.as_deref()
                    } else {
                        None
                    });
                }
                columns.push(Arc::new(builder.finish()));
            }
        }
        RecordBatch::try_new(schema.clone(), columns)
    }
}
