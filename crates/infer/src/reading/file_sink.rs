//! Takes the rows of one file, or of a part of it, into a profile.

use super::profile::Profile;
use super::tail::Tail;
use crate::evidence::Seen;
use ingot_bronze::inspect::{
    FileFailure, Member, Position, ReadError, Reason, RowSink, column_type, json_text,
};
use ingot_contract::{DataType, Format};
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use ingot_lake::arrow::compute::cast;
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Int32Type, Int64Type, Schema, TimeUnit, TimestampNanosecondType,
};
use std::collections::HashSet;

/// Why reading stopped early: the file needs another encoding.
pub(super) const NOT_UTF8: &str = "NOT_UTF8";

/// So many members are compared with each other; more of them are looked up.
const FEW_MEMBERS: usize = 24;
/// With fewer of such rows, the end of the file is waited for.
const MANY_NOT_UTF8: u64 = 16;

/// What is known of a file before its rows are.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileFacts<'a> {
    pub(super) format: Format,
    /// The names of the columns, where the header cannot name them.
    pub(super) own_names: Option<&'a [String]>,
    /// Relative to the raw folder.
    pub(super) file: &'a str,
    pub(super) most_rows: Option<u64>,
}

/// Takes the rows of one file.
pub(super) struct FileSink<'a> {
    facts: FileFacts<'a>,
    /// The file's columns, as indexes in the profile.
    columns: Vec<usize>,
    /// The column of the profile for each of the file's.
    source: Vec<Option<usize>>,
    taken: u64,
    pub(super) tail: Tail,
    pub(super) profile: &'a mut Profile,
}

impl<'a> FileSink<'a> {
    pub(super) fn new(facts: FileFacts<'a>, profile: &'a mut Profile) -> Self {
        Self { facts, columns: Vec::new(), source: Vec::new(), taken: 0, tail: Tail::default(), profile }
    }

    fn take_columns(&mut self, names: &[String]) {
        self.source =
            names.iter().map(|name| (!name.is_empty()).then(|| self.profile.column(name))).collect();
        self.columns = self.source.iter().flatten().copied().collect();
    }

    fn count(&mut self, rows: u64) -> Result<(), ReadError> {
        self.profile.rows += rows;
        self.taken += rows;
        if self.has_enough() { Err(ReadError::Enough) } else { Ok(()) }
    }

    /// Whether the file was not read to its end, because so many rows are enough.
    pub(super) fn has_enough(&self) -> bool {
        self.facts.most_rows.is_some_and(|most| self.taken >= most)
    }

    /// Takes a row that is not UTF-8: it is damaged, unless there are so many that the file has another encoding.
    ///
    /// # Errors
    /// There are so many.
    fn not_utf8(&mut self, line: u64, raw: &[u8]) -> Result<(), ReadError> {
        self.tail.not_utf8 += 1;
        if self.tail.not_utf8 >= MANY_NOT_UTF8 && self.tail.has_another_encoding() {
            return Err(FileFailure::new(NOT_UTF8, "").into());
        }
        self.profile.add_bad(self.facts.file, line, NOT_UTF8);
        self.tail.bad(line, self.lines(raw), raw, NOT_UTF8);
        Ok(())
    }

    /// How many lines a row is on. Workbooks have the text of a row in JSON, on one line.
    fn lines(&self, raw: &[u8]) -> u64 {
        match self.facts.format {
            Format::Csv => 1 + raw.iter().filter(|byte| **byte == b'\n').count() as u64,
            _ => 1,
        }
    }
}

impl RowSink for FileSink<'_> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
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

    fn no_header(&mut self, width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let names: Vec<String> = match self.facts.own_names {
            Some(names) => names.to_vec(),
            None => (1..=width.unwrap_or(0)).map(|number| format!("column_{number}")).collect(),
        };
        self.take_columns(&names);
        Ok(names.into_iter().map(|name| (name, DataType::Str)).collect())
    }

    fn schema(&mut self, schema: &Schema) -> Result<(), ReadError> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        self.take_columns(&names);
        for (field, index) in schema.fields().iter().zip(&self.columns) {
            let (data_type, without_zone) = match field.data_type() {
                ArrowType::Timestamp(_, None) => (DataType::Timestamp, true),
                other => (column_type(other), false),
            };
            let has_none = *field.data_type() == ArrowType::Null;
            self.profile.state(*index, data_type, without_zone, has_none)?;
        }
        Ok(())
    }

    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        let line = position.line.unwrap_or(position.row);
        let FileFacts { file, format, .. } = self.facts;
        if !raw.is_ascii() {
            if std::str::from_utf8(raw).is_err() {
                return self.not_utf8(line, raw);
            }
            self.tail.beyond_ascii += 1;
        }
        let mut first = None;
        for (index, column) in self.source.iter().enumerate() {
            let Some(column) = column else { continue };
            let text = cell(index);
            first = first.or(text.filter(|text| !text.is_empty()));
            let seen = || Seen {
                file: file.to_owned(),
                line,
                value: String::from_utf8_lossy(text.unwrap_or_default()).into_owned(),
            };
            self.profile.columns[*column].take(text, is_typed(index), format, seen);
        }
        self.tail.good(line, self.lines(raw), raw, first);
        self.count(1)
    }

    fn object(&mut self, position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let line = position.line.unwrap_or(position.row);
        self.tail.beyond_ascii += u64::from(!raw.is_ascii());
        // A load rejects it: no rule says which of the two counts.
        if has_one_twice(members) {
            self.profile.add_bad(self.facts.file, line, "MEMBER_TWICE");
            return Ok(());
        }
        let FileFacts { file, format, .. } = self.facts;
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
            let seen = || Seen { file: file.to_owned(), line, value: member.value.to_owned() };
            self.profile.columns[index].take(text, is_typed, format, seen);
        }
        self.count(1)
    }

    fn batch(&mut self, _first_row: u64, batch: &RecordBatch) -> Result<(), ReadError> {
        // The sink of a part is told nothing before its rows.
        if self.columns.is_empty() {
            self.schema(&batch.schema())?;
        }
        for (values, index) in batch.columns().iter().zip(&self.columns) {
            let column = &mut self.profile.columns[*index];
            column.take_counts(values.len() as u64, values.logical_null_count() as u64);
            if let ArrowType::Timestamp(TimeUnit::Nanosecond, _) = values.data_type() {
                let exact = values.as_primitive::<TimestampNanosecondType>();
                column.has_nanoseconds |= exact.iter().flatten().any(|value| value % 1000 != 0);
            }
            if let Some(DataType::I32 | DataType::I64 | DataType::Str | DataType::Date) = column.stated {
                each_text(values, |text| column.note_value(text));
            }
        }
        self.count(batch.num_rows() as u64)
    }

    fn bad_row(&mut self, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Result<(), ReadError> {
        let code = reasons.first().map_or("", |reason| reason.code.as_str());
        let line = position.line.unwrap_or(position.row);
        if code == NOT_UTF8 {
            return self.not_utf8(line, raw);
        }
        self.profile.add_bad(self.facts.file, line, code);
        self.tail.bad(line, self.lines(raw), raw, code);
        Ok(())
    }
}

/// Whether a member comes twice.
fn has_one_twice(members: &[Member<'_>]) -> bool {
    if members.len() > FEW_MEMBERS {
        let mut seen = HashSet::with_capacity(members.len());
        return !members.iter().all(|member| seen.insert(member.name.as_ref()));
    }
    members.iter().enumerate().any(|(at, one)| members[..at].iter().any(|other| other.name == one.name))
}

/// The texts of a column of Parquet; none of nested ones.
fn each_text(values: &ArrayRef, mut each: impl FnMut(&[u8])) {
    let mut digits = itoa::Buffer::new();
    match values.data_type() {
        ArrowType::Int64 => values
            .as_primitive::<Int64Type>()
            .iter()
            .flatten()
            .for_each(|number| each(digits.format(number).as_bytes())),
        ArrowType::Int32 => values
            .as_primitive::<Int32Type>()
            .iter()
            .flatten()
            .for_each(|number| each(digits.format(number).as_bytes())),
        other if other.is_nested() => {}
        _ => {
            if let Ok(texts) = cast(values, &ArrowType::Utf8) {
                texts.as_string::<i32>().iter().flatten().for_each(|text| each(text.as_bytes()));
            }
        }
    }
}
