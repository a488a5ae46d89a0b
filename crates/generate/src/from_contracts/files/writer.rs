//! Rows of values into a file of the contract's form.

use super::super::value::Value;
use super::columnar;
use super::csv::{CsvColumn, Dialect};
use super::json::{self, JsonValue};
use super::sheet::Sheet;
use super::text_file::TextFile;
use crate::write::parquet::writing_failed;
use crate::write::{Finished, OutputFile};
use arrow::datatypes::SchemaRef;
use ingot_contract::{Column, Contract, Format};
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::{DataFileWriter, NewFile};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::path::{Path, PathBuf};

/// Rows that are gathered before they are encoded.
const BATCH_ROWS: usize = 8 * 1024;
/// Rows of a row group: what a writer holds in memory, encoded.
const GROUP_ROWS: usize = 128 * 1024;

/// A file in the making. It appears under its name when it is finished, as a whole.
pub struct RawWriter {
    form: Form,
    rows: u64,
    path: PathBuf,
}

enum Form {
    Csv {
        file: TextFile,
        dialect: Dialect,
        columns: Vec<CsvColumn>,
        /// The line with the names of the columns.
        header: String,
        footer_rows: usize,
    },
    Jsonl {
        file: TextFile,
        columns: Vec<JsonValue>,
        is_envelope: bool,
    },
    Json {
        file: TextFile,
        columns: Vec<JsonValue>,
        is_envelope: bool,
        after: String,
    },
    Parquet {
        writer: Box<ArrowWriter<OutputFile>>,
        batches: Batches,
    },
    Delta {
        writer: Box<DataFileWriter>,
        batches: Batches,
    },
    Sheet(Box<Sheet>),
}

/// Rows on their way into batches.
struct Batches {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Batches {
    fn new(columns: &[&Column]) -> Self {
        Self {
            schema: columnar::schema(columns),
            columns: columns.iter().map(|column| (*column).clone()).collect(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, values: Vec<Value>) -> Result<Option<arrow::array::RecordBatch>> {
        self.rows.push(values);
        if self.rows.len() < BATCH_ROWS { Ok(None) } else { self.take() }
    }

    fn take(&mut self) -> Result<Option<arrow::array::RecordBatch>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let columns: Vec<&Column> = self.columns.iter().collect();
        let batch = columnar::batch(&self.schema, &columns, &self.rows)?;
        self.rows.clear();
        Ok(Some(batch))
    }
}

/// The columns of a Delta table that is a feed, all of which may be null.
pub(crate) fn delta_schema(contract: &Contract) -> SchemaRef {
    columnar::schema(&contract.columns.iter().collect::<Vec<_>>())
}

impl RawWriter {
    /// A file of `columns` of the contract, which are all of them or all but those that its path states. Of a followed
    /// Delta table it is a data file: `path` is the table's folder and the name of the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(contract: &Contract, path: &Path, columns: &[&Column]) -> Result<Self> {
        let raw = &contract.raw;
        let text = || TextFile::create(path, raw.encoding);
        let json = || columns.iter().map(|column| JsonValue::new(column)).collect();
        let form = match raw.format {
            Format::Csv => {
                let dialect = Dialect::of(contract);
                let mut file = text()?;
                file.write(&csv_head(contract, &dialect, columns))?;
                let mut header = String::new();
                dialect.names(&names(columns), &mut header);
                let columns = columns.iter().map(|column| CsvColumn::new(column)).collect();
                Form::Csv { file, dialect, columns, header, footer_rows: raw.place.footer_rows }
            }
            Format::Jsonl => {
                Form::Jsonl { file: text()?, columns: json(), is_envelope: json::is_envelope(contract) }
            }
            Format::Json => {
                let (before, after) = json::frame(contract);
                let mut file = text()?;
                file.write(&before)?;
                Form::Json { file, columns: json(), is_envelope: json::is_envelope(contract), after }
            }
            Format::Parquet => {
                let batches = Batches::new(columns);
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .set_created_by("ingot".to_owned())
                    .build();
                let file = OutputFile::create(path)?;
                let writer = ArrowWriter::try_new(file, batches.schema.clone(), Some(properties))
                    .or_cannot_at("start the file", path)?;
                Form::Parquet { writer: Box::new(writer), batches }
            }
            Format::Delta => {
                let batches = Batches::new(columns);
                let (table, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
                let name = name.to_string_lossy();
                let writer = DataFileWriter::create(table, &name, Vec::new(), batches.schema.clone(), &[])?;
                Form::Delta { writer: Box::new(writer), batches }
            }
            Format::Xlsx => Form::Sheet(Box::new(Sheet::create(contract, path, columns)?)),
        };
        Ok(Self { form, rows: 0, path: path.to_path_buf() })
    }

    /// How many rows there are so far: the number of the row that was written last.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, values: Vec<Value>) -> Result<()> {
        let is_first = self.rows == 0;
        self.rows += 1;
        match &mut self.form {
            Form::Csv { file, dialect, columns, .. } => {
                let mut line = String::new();
                dialect.row(columns, &values, &mut line);
                file.write(&line)
            }
            Form::Jsonl { file, columns, is_envelope } => {
                let mut line = String::new();
                json::record(columns, &values, *is_envelope, &mut line);
                line.push('\n');
                file.write(&line)
            }
            Form::Json { file, columns, is_envelope, .. } => {
                let mut record = String::from(if is_first { "  " } else { ",\n  " });
                json::record(columns, &values, *is_envelope, &mut record);
                file.write(&record)
            }
            Form::Parquet { writer, batches } => match batches.push(values)? {
                Some(batch) => writer.write(&batch).map_err(|error| writing_failed(&self.path, error)),
                None => Ok(()),
            },
            Form::Delta { writer, batches } => match batches.push(values)? {
                Some(batch) => writer.write(&batch),
                None => Ok(()),
            },
            Form::Sheet(sheet) => sheet.write(&values),
        }
    }

    /// A row that is broken as text: in CSV a field too many, in JSON a record that is not JSON.
    ///
    /// # Errors
    /// The file cannot be written, or its format has no such rows.
    pub(crate) fn write_broken(&mut self, values: &[Value]) -> Result<()> {
        let is_first = self.rows == 0;
        self.rows += 1;
        match &mut self.form {
            Form::Csv { file, dialect, columns, .. } => {
                let mut line = String::new();
                dialect.row(columns, values, &mut line);
                dialect.one_more(&mut line);
                file.write(&line)
            }
            Form::Jsonl { file, .. } => file.write("{\"broken\":\n"),
            Form::Json { file, .. } => {
                file.write(if is_first { "  {\"broken\": NaN}" } else { ",\n  {\"broken\": NaN}" })
            }
            _ => Err(Error::defect("files of this format have no rows of text")),
        }
    }

    /// The last row of a file that is cut off: in CSV without its last field, in JSON lines half of it.
    ///
    /// # Errors
    /// The file cannot be written, or its format has no such rows.
    pub(crate) fn write_cut_off(&mut self, values: &[Value]) -> Result<()> {
        self.rows += 1;
        let mut line = String::new();
        match &mut self.form {
            Form::Csv { file, dialect, columns, .. } => {
                let kept = columns.len().saturating_sub(1);
                dialect.row(&columns[..kept], &values[..kept], &mut line);
                file.write(line.trim_end_matches('\n'))
            }
            Form::Jsonl { file, columns, is_envelope } => {
                json::record(columns, values, *is_envelope, &mut line);
                let half: String = line.chars().take((line.chars().count() / 2).max(1)).collect();
                file.write(&half)
            }
            _ => Err(Error::defect("files of this format have no rows of text")),
        }
    }

    /// The names of the columns again, as a row.
    ///
    /// # Errors
    /// The file cannot be written, or its format has no such rows.
    pub(crate) fn write_header_again(&mut self) -> Result<()> {
        self.rows += 1;
        match &mut self.form {
            Form::Csv { file, header, .. } => file.write(header),
            _ => Err(Error::defect("files of this format have no rows of text")),
        }
    }

    /// Ends the file; of a Delta table, [`RawWriter::finish_delta`] does.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn finish(self) -> Result<Finished> {
        let rows = self.rows;
        let finished = match self.form {
            Form::Csv { mut file, footer_rows, .. } => {
                for _ in 0..footer_rows {
                    file.write("end of the table\n")?;
                }
                file.finish()?
            }
            Form::Jsonl { file, .. } => file.finish()?,
            Form::Json { mut file, after, .. } => {
                file.write(&after)?;
                file.finish()?
            }
            Form::Parquet { mut writer, mut batches } => {
                if let Some(batch) = batches.take()? {
                    writer.write(&batch).map_err(|error| writing_failed(&self.path, error))?;
                }
                writer.finish().map_err(|error| writing_failed(&self.path, error))?;
                writer.inner_mut().finish()?
            }
            Form::Sheet(sheet) => sheet.finish()?,
            Form::Delta { .. } => {
                return Err(Error::defect("a data file of a Delta table is finished as one"));
            }
        };
        Ok(Finished { rows, ..finished })
    }

    /// Ends a data file of a Delta table, which is to be committed.
    pub(crate) fn finish_delta(self) -> Result<NewFile> {
        let Form::Delta { mut writer, mut batches } = self.form else {
            return Err(Error::defect("only a Delta table has data files"));
        };
        if let Some(batch) = batches.take()? {
            writer.write(&batch)?;
        }
        writer.finish()
    }

    /// Ends the file. For those who keep no ledger.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close(self) -> Result<()> {
        self.finish().map(drop)
    }
}

fn names(columns: &[&Column]) -> Vec<String> {
    columns.iter().map(|column| column.name_in_files().to_owned()).collect()
}

/// What is above the rows of a CSV file: lines that are skipped, and the names of the columns.
fn csv_head(contract: &Contract, dialect: &Dialect, columns: &[&Column]) -> String {
    let place = &contract.raw.place;
    let mut head = String::new();
    for number in 0..place.skip_rows {
        head.push_str(&format!("{} {}\n", contract.name, number + 1));
    }
    let names = names(columns);
    for header_row in 1..=place.header_rows {
        if header_row == place.header_rows {
            dialect.names(&names, &mut head);
        } else {
            let empty = vec![String::new(); names.len()];
            dialect.names(&empty, &mut head);
        }
    }
    head
}
