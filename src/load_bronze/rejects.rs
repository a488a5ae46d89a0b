//! Rejected rows: collected while files are read, written once per table and run as CSV and as Parquet
//! with equal columns, for a person's eyes and for a program's.

use crate::error::{Context as _, Result};
use crate::lake::arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use crate::lake::arrow::datatypes::{DataType, Field, Schema};
use crate::lake::parquet::arrow::ArrowWriter;
use crate::lake::parquet::basic::{Compression, ZstdLevel};
use crate::lake::parquet::file::properties::WriterProperties;
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One reason against a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    /// `None` when the row as a whole is meant.
    pub column: Option<String>,
    pub value: Option<String>,
    /// What would have been right.
    pub expected: String,
}

impl Reason {
    /// A reason against the row as a whole.
    pub fn of_row(code: &str, expected: impl Into<String>) -> Self {
        Self { code: code.to_owned(), column: None, value: None, expected: expected.into() }
    }
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// 1-based number of the row; the header is none.
    pub row: u64,
    /// 1-based line on which it begins, in files that have lines.
    pub line: Option<u64>,
    /// Where its first byte is, in files in which it has one.
    pub byte_offset: Option<u64>,
}

/// A row that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    pub file: String,
    pub position: Position,
    /// As it came; bytes that are no UTF-8 are replaced here and kept in `raw_base64`.
    pub raw: String,
    pub raw_base64: Option<String>,
    pub reasons: Vec<Reason>,
}

impl Reject {
    pub fn new(file: &str, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Self {
        let (raw, raw_base64) = match std::str::from_utf8(raw) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (
                String::from_utf8_lossy(raw).into_owned(),
                Some(base64::engine::general_purpose::STANDARD.encode(raw)),
            ),
        };
        Self { file: file.to_owned(), position, raw, raw_base64, reasons }
    }
}

/// Rejects in the order in which they came; what does not fit into a few megabytes waits on disk.
#[derive(Default)]
pub struct Spool {
    recent: Vec<Reject>,
    recent_bytes: usize,
    spilled: Option<BufWriter<File>>,
    count: u64,
}

/// Bytes of raw text kept in memory.
const IN_MEMORY: usize = 1 << 20;

impl Spool {
    pub fn push(&mut self, reject: Reject) -> Result<()> {
        self.count += 1;
        self.recent_bytes += reject.raw.len() + 256;
        self.recent.push(reject);
        if self.recent_bytes > IN_MEMORY {
            self.spill()?;
        }
        Ok(())
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    fn spill(&mut self) -> Result<()> {
        let doing = "keeping rejected rows in a temporary file";
        if self.spilled.is_none() {
            self.spilled = Some(BufWriter::new(tempfile::tempfile().doing(doing)?));
        }
        if let Some(out) = &mut self.spilled {
            for reject in self.recent.drain(..) {
                serde_json::to_writer(&mut *out, &reject).doing(doing)?;
                out.write_all(b"\n").doing(doing)?;
            }
        }
        self.recent_bytes = 0;
        Ok(())
    }

    /// Hands over every reject in order.
    fn drain(self, mut take: impl FnMut(Reject) -> Result<()>) -> Result<()> {
        let doing = "reading rejected rows back";
        if let Some(out) = self.spilled {
            let mut file = out.into_inner().map_err(|error| error.into_error()).doing(doing)?;
            file.seek(SeekFrom::Start(0)).doing(doing)?;
            for line in BufReader::new(file).lines() {
                take(serde_json::from_str(&line.doing(doing)?).doing(doing)?)?;
            }
        }
        self.recent.into_iter().try_for_each(take)
    }
}

const COLUMNS: [(&str, bool); 14] = [
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
    ("contract_version", false),
    ("run_id", false),
];

/// The two files of one table and one run, written beside their final names and shown by [`StagedRejects::publish`].
pub struct StagedRejects {
    staged: [PathBuf; 2],
    published: [PathBuf; 2],
}

/// The reject files' folder of a table.
pub fn folder(lake: &Path, table: &str) -> PathBuf {
    lake.join("_rejects").join(table)
}

impl StagedRejects {
    /// The names that a run's reject files have, written or not.
    pub fn names(lake: &Path, table: &str, run_id: &str) -> Self {
        let folder = folder(lake, table);
        let staged = |extension: &str| folder.join(format!(".{run_id}.{extension}.inprogress"));
        let published = |extension: &str| folder.join(format!("{run_id}.{extension}"));
        Self {
            staged: [staged("csv"), staged("parquet")],
            published: [published("csv"), published("parquet")],
        }
    }

    /// Shows the files under their final names. Done again, it does nothing.
    pub fn publish(&self) -> Result<()> {
        for (from, to) in self.staged.iter().zip(&self.published) {
            if from.exists() {
                std::fs::rename(from, to).doing_to("showing the reject file", to)?;
            }
        }
        Ok(())
    }

    pub fn published_csv(&self) -> &Path {
        &self.published[0]
    }

    /// Writes both files. Without any reject nothing is written.
    pub fn write(
        &self,
        table: &str,
        contract_version: &str,
        run_id: &str,
        spools: Vec<Spool>,
    ) -> Result<u64> {
        let total: u64 = spools.iter().map(Spool::count).sum();
        if total == 0 {
            return Ok(0);
        }
        if let Some(parent) = self.staged[0].parent() {
            std::fs::create_dir_all(parent).doing_to("creating the folder", parent)?;
        }
        let mut csv = BufWriter::new(File::create(&self.staged[0]).doing_to("creating", &self.staged[0])?);
        let header: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        writeln!(csv, "{}", header.join(",")).doing_to("writing", &self.staged[0])?;

        let schema = Arc::new(Schema::new(
            COLUMNS
                .iter()
                .map(|(name, number)| {
                    Field::new(*name, if *number { DataType::Int64 } else { DataType::Utf8 }, true)
                })
                .collect::<Vec<_>>(),
        ));
        let file = File::create(&self.staged[1]).doing_to("creating", &self.staged[1])?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
            .build();
        let mut parquet = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .doing_to("writing", &self.staged[1])?;
        let mut pending = Pending::default();
        for spool in spools {
            spool.drain(|reject| {
                let cells = cells(table, contract_version, run_id, reject);
                write_csv_line(&mut csv, &cells).doing_to("writing", &self.staged[0])?;
                pending.push(cells);
                if pending.rows >= 4096 {
                    let batch = pending.take(&schema).doing_to("writing", &self.staged[1])?;
                    parquet.write(&batch).doing_to("writing", &self.staged[1])?;
                }
                Ok(())
            })?;
        }
        let batch = pending.take(&schema).doing_to("writing", &self.staged[1])?;
        parquet.write(&batch).doing_to("writing", &self.staged[1])?;
        parquet.close().doing_to("writing", &self.staged[1])?;
        csv.flush().doing_to("writing", &self.staged[0])?;
        Ok(total)
    }
}

enum Out {
    Text(Option<String>),
    Number(Option<i64>),
}

fn cells(table: &str, contract_version: &str, run_id: &str, reject: Reject) -> [Out; 14] {
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
    cells: Vec<[Out; 14]>,
    rows: usize,
}

impl Pending {
    fn push(&mut self, cells: [Out; 14]) {
        self.cells.push(cells);
        self.rows += 1;
    }

    fn take(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, crate::lake::arrow::error::ArrowError> {
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
