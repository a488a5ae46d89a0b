//! Reads the files of a feed from beginning to end, with the readers of a load, and gathers the evidence of their columns.

use crate::evidence::{ColumnEvidence, Seen};
use crate::look::is_total;
use ingot_bronze::inspect::{
    FileFailure, Member, Position, ReadError, Reason, RowSink, column_type, json_text, read_rows,
};
use ingot_contract::{DataType, Format, RawFile, RawForm};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::array::{Array, AsArray, RecordBatch};
use ingot_lake::arrow::compute::cast;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Schema, TimeUnit, TimestampNanosecondType};
use std::collections::HashMap;

/// Damaged rows that are remembered.
const SHOWN: usize = 5;
/// Rows at the end of a file that may be its footer.
const LONGEST_FOOTER: u64 = 10;

/// Why reading stopped early.
const NOT_UTF8: &str = "NOT_UTF8";
const SAMPLED: &str = "SAMPLED";

/// What the files of a feed show.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) columns: Vec<ColumnEvidence>,
    by_name: HashMap<String, usize>,
    pub(crate) rows: u64,
    /// Rows that no contract could accept, and the first of them: file, line, reason.
    pub(crate) bad_rows: u64,
    pub(crate) bad: Vec<(String, u64, String)>,
}

/// What a file showed that asks for another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Bytes that are not UTF-8.
    AnotherEncoding,
    /// So many rows at the end do not belong to the table.
    Footer(usize),
    /// The table ends at an empty line; on this line something else begins.
    EndsAtEmptyLine(u64),
    /// Rows are damaged, for this reason.
    Damaged,
}

impl Profile {
    /// Reads a file. Returns what asks for another form.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read(
        &mut self,
        form: &RawForm,
        names: Option<&[String]>,
        file: &RawFile,
        most_rows: Option<u64>,
    ) -> Result<Option<Wish>> {
        let mut sink = FileSink {
            format: form.format,
            own_names: names,
            file: &file.relative,
            columns: Vec::new(),
            source: Vec::new(),
            taken: 0,
            most_rows,
            tail: Tail::default(),
            profile: self,
        };
        let read = read_rows(form, file, &mut sink);
        let tail = sink.tail;
        match read {
            Ok(()) => {}
            Err(ReadError::File(failure)) if failure.code == SAMPLED => return Ok(None),
            Err(ReadError::File(failure)) if failure.code == NOT_UTF8 => {
                return Ok(Some(Wish::AnotherEncoding));
            }
            Err(ReadError::File(failure)) if failure.code == "EMPTY_FILE" => return Ok(None),
            Err(ReadError::File(failure)) => return Err(Error::new(failure).at(&file.path)),
            Err(ReadError::Output(error)) => return Err(error),
        }
        Ok(tail.wish(form))
    }

    fn column(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.columns.len();
        self.columns.push(ColumnEvidence::named(name));
        self.by_name.insert(name.to_owned(), index);
        index
    }
}

/// What the rows of a file look like where it ends.
#[derive(Debug, Default)]
struct Tail {
    good: u64,
    bad: u64,
    /// Damaged rows since the last good one.
    bad_at_end: u64,
    first_bad_at_end: u64,
    last_line: u64,
    /// Whether there is an empty line before the damaged rows at the end.
    has_gap: bool,
    /// Whether the last good row is a total, and whether an empty line comes before it.
    is_total: bool,
    total_line: u64,
    total_has_gap: bool,
    /// Rows with an empty line before them: with more than one, the table does not end at the first empty line.
    gaps: u64,
    only_width: bool,
}

impl Tail {
    fn good(&mut self, line: u64, lines: u64, is_total: bool) {
        self.total_has_gap = self.last_line > 0 && line > self.last_line;
        self.gaps += u64::from(self.total_has_gap);
        self.good += 1;
        self.bad_at_end = 0;
        self.has_gap = false;
        self.is_total = is_total;
        self.total_line = line;
        self.last_line = line + lines;
    }

    fn bad(&mut self, line: u64, lines: u64, code: &str) {
        if self.bad == 0 {
            self.only_width = true;
        }
        self.only_width &= code == "RAGGED_ROW";
        if self.bad_at_end == 0 {
            self.first_bad_at_end = line;
            self.has_gap = self.last_line > 0 && line > self.last_line;
        }
        self.bad += 1;
        self.bad_at_end += 1;
        self.last_line = line + lines;
    }

    fn wish(&self, form: &RawForm) -> Option<Wish> {
        if !form.format.has_cells() || form.place.until_empty_row || form.place.footer_rows > 0 {
            return (self.bad > 0 && form.format == Format::Csv).then_some(Wish::Damaged);
        }
        if self.bad > 0 {
            if self.bad == self.bad_at_end && self.only_width && self.good > 0 {
                if self.has_gap && self.gaps == 0 {
                    return Some(Wish::EndsAtEmptyLine(self.first_bad_at_end));
                }
                if self.bad <= LONGEST_FOOTER && self.bad < self.good.max(2) {
                    return Some(Wish::Footer(self.bad as usize));
                }
            }
            return Some(Wish::Damaged);
        }
        if self.is_total && self.good > 2 {
            return Some(if self.total_has_gap && self.gaps == 1 {
                Wish::EndsAtEmptyLine(self.total_line)
            } else {
                Wish::Footer(1)
            });
        }
        None
    }
}

/// Takes the rows of one file.
struct FileSink<'a> {
    format: Format,
    own_names: Option<&'a [String]>,
    file: &'a str,
    /// The file's columns, as indexes in the profile.
    columns: Vec<usize>,
    /// The column of the profile for each of the file's.
    source: Vec<Option<usize>>,
    taken: u64,
    most_rows: Option<u64>,
    tail: Tail,
    profile: &'a mut Profile,
}

impl FileSink<'_> {
    fn take_columns(&mut self, names: &[String]) {
        self.source =
            names.iter().map(|name| (!name.is_empty()).then(|| self.profile.column(name))).collect();
        self.columns = self.source.iter().flatten().copied().collect();
    }

    fn count(&mut self) -> std::result::Result<(), ReadError> {
        self.profile.rows += 1;
        self.taken += 1;
        if self.most_rows.is_some_and(|most| self.taken >= most) {
            return Err(FileFailure::new(SAMPLED, "").into());
        }
        Ok(())
    }
}

impl RowSink for FileSink<'_> {
    fn header(&mut self, names: &[String]) -> std::result::Result<Vec<Option<DataType>>, ReadError> {
        for (index, name) in names.iter().enumerate() {
            if !name.is_empty() && names[..index].contains(name) {
                return Err(
                    FileFailure::new("COLUMN_TWICE", format!("the file has two columns '{name}'")).into()
                );
            }
        }
        let names: Vec<String> =
            names.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        self.take_columns(&names);
        Ok(vec![None; names.len()])
    }

    fn no_header(&mut self, width: Option<usize>) -> std::result::Result<Vec<(String, DataType)>, ReadError> {
        let names: Vec<String> = match self.own_names {
            Some(names) => names.to_vec(),
            None => (1..=width.unwrap_or(0)).map(|number| format!("column_{number}")).collect(),
        };
        self.take_columns(&names);
        Ok(names.into_iter().map(|name| (name, DataType::Str)).collect())
    }

    fn known_columns(&self, _names: &[String]) -> usize {
        0
    }

    fn schema(&mut self, schema: &Schema) -> std::result::Result<(), ReadError> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        self.take_columns(&names);
        for (field, index) in schema.fields().iter().zip(&self.columns) {
            let (data_type, without_zone) = match field.data_type() {
                ArrowType::Timestamp(_, None) => (DataType::Timestamp, true),
                other => (column_type(other), false),
            };
            let column = &mut self.profile.columns[*index];
            match &column.stated {
                None => (column.stated, column.stated_without_zone) = (Some(data_type), without_zone),
                Some(known) if *known == data_type => {}
                Some(DataType::I32) if data_type == DataType::I64 => column.stated = Some(data_type),
                Some(DataType::I64) if data_type == DataType::I32 => {}
                // A column without any value has no type of its own.
                Some(DataType::Str) if column.values == 0 => column.stated = Some(data_type),
                Some(_) if *field.data_type() == ArrowType::Null => {}
                Some(known) => {
                    let message = format!(
                        "the column '{}' is {} here and {} in the files before",
                        field.name(),
                        data_type.word(),
                        known.word()
                    );
                    return Err(FileFailure::new("COLUMN_TYPE", message).into());
                }
            }
        }
        Ok(())
    }

    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        is_typed: impl Fn(usize) -> bool,
    ) -> std::result::Result<(), ReadError> {
        let line = position.line.unwrap_or(position.row);
        let (file, format) = (self.file, self.format);
        let mut first = None;
        for (index, column) in self.source.iter().enumerate() {
            let Some(column) = column else { continue };
            let text = cell(index);
            if let Some(text) = text {
                if first.is_none() && !text.is_empty() {
                    first = Some(text);
                }
                if !text.is_ascii() && std::str::from_utf8(text).is_err() {
                    return Err(FileFailure::new(NOT_UTF8, "").into());
                }
            }
            let seen = || Seen {
                file: file.to_owned(),
                line,
                value: String::from_utf8_lossy(text.unwrap_or_default()).into_owned(),
            };
            self.profile.columns[*column].take(text, is_typed(index), format, seen);
        }
        // Workbooks have the text of a row in JSON, on one line.
        let lines = 1 + if format == Format::Csv {
            raw.iter().filter(|byte| **byte == b'\n').count() as u64
        } else {
            0
        };
        let is_total =
            first.is_some_and(|text| text.len() <= 40 && std::str::from_utf8(text).is_ok_and(is_total));
        self.tail.good(line, lines, is_total);
        self.count()
    }

    fn object(
        &mut self,
        position: Position,
        _raw: &str,
        members: &[Member<'_>],
    ) -> std::result::Result<(), ReadError> {
        let line = position.line.unwrap_or(position.row);
        for (at, member) in members.iter().enumerate() {
            // Members mostly come in the same order.
            let index = match self.columns.get(at) {
                Some(index) if self.profile.columns[*index].name == member.name.as_ref() => *index,
                _ => {
                    let index = self.profile.column(&member.name);
                    if !self.columns.contains(&index) {
                        self.columns.push(index);
                    }
                    index
                }
            };
            let found = json_text(member.value);
            let (text, is_typed) = match &found {
                Some((text, is_typed)) => (Some(text.as_bytes()), *is_typed),
                None => (None, false),
            };
            let seen = || Seen { file: self.file.to_owned(), line, value: member.value.to_owned() };
            self.profile.columns[index].take(text, is_typed, self.format, seen);
        }
        self.count()
    }

    fn batch(&mut self, _first_row: u64, batch: &RecordBatch) -> std::result::Result<(), ReadError> {
        for (column, index) in batch.columns().iter().zip(&self.columns) {
            let evidence = &mut self.profile.columns[*index];
            let nulls = column.logical_null_count();
            evidence.take_counts(column.len() as u64, nulls as u64);
            if let ArrowType::Timestamp(TimeUnit::Nanosecond, _) = column.data_type() {
                let exact = column.as_primitive::<TimestampNanosecondType>();
                if exact.iter().flatten().any(|value| value % 1000 != 0) {
                    evidence.stated = Some(DataType::Str);
                    evidence.stated_without_zone = false;
                }
            }
            let is_text = matches!(
                evidence.stated,
                Some(DataType::Str | DataType::I32 | DataType::I64 | DataType::Date)
            ) && !column.data_type().is_nested();
            if is_text && let Ok(texts) = cast(column, &ArrowType::Utf8) {
                for text in texts.as_string::<i32>().iter().flatten() {
                    evidence.note_value(text.as_bytes());
                }
            }
        }
        self.profile.rows += batch.num_rows() as u64;
        self.taken += batch.num_rows() as u64;
        if self.most_rows.is_some_and(|most| self.taken >= most) {
            return Err(FileFailure::new(SAMPLED, "").into());
        }
        Ok(())
    }

    fn bad_row(
        &mut self,
        position: Position,
        raw: &[u8],
        reasons: Vec<Reason>,
    ) -> std::result::Result<(), ReadError> {
        let code = reasons.first().map_or("", |reason| reason.code.as_str());
        if code == NOT_UTF8 {
            return Err(FileFailure::new(NOT_UTF8, "").into());
        }
        let line = position.line.unwrap_or(position.row);
        self.profile.bad_rows += 1;
        if self.profile.bad.len() < SHOWN {
            self.profile.bad.push((self.file.to_owned(), line, code.to_owned()));
        }
        let lines = 1 + if self.format == Format::Csv {
            raw.iter().filter(|byte| **byte == b'\n').count() as u64
        } else {
            0
        };
        self.tail.bad(line, lines, code);
        Ok(())
    }
}
