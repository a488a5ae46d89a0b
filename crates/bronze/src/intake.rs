//! Takes the rows of one raw file: checks them against the contract, builds batches of the accepted ones with their audit
//! columns, keeps the rejected ones with their reasons, and counts both.
//!
//! **This is where a row is accepted or rejected**: [`Intake::take`] for rows of text, [`RowSink::batch`] for rows that
//! come as columns.

use crate::check::columnar::{Columns, row_hashes, row_text};
use crate::check::{
    CellText, Cells, Checks, ColumnNotes, CompiledForm, FixedValue, MemberColumns, ObjectCheck, Place, Value,
    columns_of, match_columns, match_header,
};
use crate::erase::{ErasedRow, erased_reason};
use crate::hopeless::Outlook;
use crate::read::{Member, RowSink};
use crate::read_error::ReadError;
use crate::rejects::{Reject, RejectBuffer};
use crate::row::{Position, Reason, row_hash};
use crate::write::{BATCH_ROWS, ColumnBuilder, NestedBuilder, Output};
use ingot_contract::{Contract, DataType, Format, RowHash};
use ingot_core::error::Error;
use ingot_core::interrupt::Interrupt;
use ingot_lake::arrow::array::{
    Array as _, ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, Int64Builder, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use ingot_lake::arrow::compute::kernels::nullif::nullif;
use ingot_lake::arrow::compute::{cast, filter};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Int32Type, Schema};
use ingot_lake::arrow::error::ArrowError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of raw text after which a batch ends early.
const BATCH_BYTES: usize = 8 << 20;

/// Rows of one file, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowCounts {
    pub(crate) read: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
    }
}

/// What every row of a file has in common.
#[derive(Clone, Copy)]
pub(crate) struct FileFacts<'a> {
    /// Relative to the raw folder.
    pub(crate) name: &'a str,
    /// What the path says about a column, whether or not the table is partitioned by it; one entry for each of the contract's columns.
    pub(crate) fixed: &'a [Option<FixedValue>],
    /// Microseconds since 1970.
    pub(crate) ingestion_ts: i64,
    /// Asked between batches: an interrupted load reads no further.
    pub(crate) interrupt: &'a Interrupt,
}

/// Where a row that comes a second time (a replayed one) came from at first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) position: Position,
    /// The hash of the row as it was delivered.
    pub(crate) hash: i64,
}

pub(crate) struct Intake<'a> {
    contract: &'a Contract,
    checks: &'a Checks,
    facts: FileFacts<'a>,
    output: &'a mut Output,
    rejects: &'a mut RejectBuffer,
    /// For each of the contract's columns its index in the file, for rows of cells.
    source: Vec<Option<usize>>,
    /// How the file's batches become the contract's columns.
    batches: Option<Columns>,
    /// The contract's columns among the members of JSON objects.
    members: Option<MemberColumns>,
    notes: ColumnNotes,
    columns: Vec<ColumnBuilder>,
    /// Instead of the builder in `columns`, for columns that are not plain.
    nested: Vec<Option<NestedBuilder>>,
    hashes: Int64Builder,
    numbers: Int64Builder,
    /// Whether each pending row is accepted. A rejected row's cells stay in the builders until the batch ends.
    accepted: Vec<bool>,
    pending_rejects: usize,
    pending_bytes: usize,
    reasons: Vec<Reason>,
    counts: RowCounts,
    outlook: Outlook,
    origin: Option<Origin>,
    /// Members of objects that parts of the file left out.
    left_out: BTreeSet<String>,
}

/// What the rows of a part of a file say about its columns.
pub(crate) struct PartNotes {
    members: Option<MemberColumns>,
    left_out: BTreeSet<String>,
}

impl<'a> Intake<'a> {
    /// `checks` are those of `contract`.
    pub(crate) fn new(
        contract: &'a Contract,
        checks: &'a Checks,
        facts: FileFacts<'a>,
        output: &'a mut Output,
        rejects: &'a mut RejectBuffer,
    ) -> Self {
        let schema = output.schema();
        let nested = checks.columns.iter().map(|column| {
            NestedBuilder::takes(&column.data_type)
                .then(|| NestedBuilder::new(&column.data_type, contract.evolution))
        });
        let nested = nested.collect();
        let columns = checks
            .columns
            .iter()
            .map(|column| match schema.field_with_name(&column.name) {
                Ok(_) => ColumnBuilder::new(&column.data_type),
                Err(_) => ColumnBuilder::Partition,
            })
            .collect();
        let members =
            matches!(contract.raw.format, Format::Jsonl | Format::Json).then(|| MemberColumns::of(contract));
        Self {
            contract,
            checks,
            facts,
            output,
            rejects,
            source: Vec::new(),
            batches: None,
            members,
            notes: ColumnNotes::default(),
            columns,
            nested,
            hashes: Int64Builder::new(),
            numbers: Int64Builder::new(),
            accepted: Vec::with_capacity(BATCH_ROWS),
            pending_rejects: 0,
            pending_bytes: 0,
            reasons: Vec::new(),
            counts: RowCounts::default(),
            outlook: Outlook::decided(),
            origin: None,
            left_out: BTreeSet::new(),
        }
    }

    /// Rows that come from now on are this one again.
    pub(crate) fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Refuses the file if it turns out to be hopeless.
    pub(crate) fn refusing_hopeless(mut self) -> Self {
        self.outlook = Outlook::default();
        self
    }

    /// What values look like in the column of this name, if the contract says anything about it.
    fn form_of(&self, name: &str) -> Option<&CompiledForm> {
        self.checks.columns.iter().find(|column| column.name == name)?.form.as_ref()
    }

    /// Keeps a rejected row.
    fn reject(&mut self, reject: Reject) -> Result<(), Error> {
        self.outlook.note(reject.position, &reject.reasons);
        self.rejects.push(reject)
    }

    /// Checks one row of text. `cell` gives the text of the contract's n-th column; `is_typed` says that it was not text in
    /// the file.
    #[inline]
    fn take<'c, T: CellText<'c>>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(&[Option<usize>], usize) -> Option<T>,
        is_typed: impl Fn(&[Option<usize>], usize) -> bool,
    ) -> Result<(), ReadError> {
        let checks = self.checks;
        let (position, hash) = match self.origin {
            None => (position, row_hash(raw)),
            Some(origin) => (origin.position, origin.hash),
        };
        let judged = match &checks.erased {
            None => ErasedRow::Stays,
            Some(erased) => {
                let text = |column| cell(&self.source, column).map(CellText::bytes);
                erased.judge(raw, text)
            }
        };
        if judged == ErasedRow::Rejected {
            return self.bad_row(position, b"", vec![erased_reason()]);
        }
        let masked = checks.erased.as_ref().filter(|_| judged == ErasedRow::Masked).map(|one| &one.masked);
        // The hash of a row tells who was in it to whoever tries all keys.
        let hash = if masked.is_some() { row_hash(b"") } else { hash };
        self.reasons.clear();
        for (index, (check, builder)) in checks.columns.iter().zip(&mut self.columns).enumerate() {
            let fixed = self.facts.fixed[index].as_ref();
            let text = cell(&self.source, index).filter(|text| !text.bytes().is_empty());
            let text = text.filter(|_| masked.is_none_or(|masked| !masked[index]));
            if let Some(nested) = &mut self.nested[index] {
                nested.append(
                    check,
                    &Place::Column(&check.name),
                    text.map(CellText::bytes),
                    is_typed(&self.source, index),
                    &mut self.reasons,
                );
                continue;
            }
            let value = match fixed {
                // An empty cell takes what the path says; where a column that is required is in the file, it does not.
                Some(fixed)
                    if text.is_none()
                        && (!check.required || self.source.get(index).is_none_or(Option::is_none)) =>
                {
                    match fixed.text() {
                        Some(text) => check.check_in_default_form(text, None, &mut self.reasons),
                        None => check.check(None::<&str>, false, None, &mut self.reasons),
                    }
                }
                _ => check.check(text, is_typed(&self.source, index), fixed, &mut self.reasons),
            };
            builder.append(value.as_ref().unwrap_or(&Value::Null));
        }
        self.counts.read += 1;
        self.hashes.append_value(hash);
        self.numbers.append_value(position.row as i64);
        self.pending_bytes += raw.len();
        self.accepted.push(self.reasons.is_empty());
        if !self.reasons.is_empty() {
            self.pending_rejects += 1;
            self.counts.rejected += 1;
            let mut reasons = std::mem::take(&mut self.reasons);
            let mut raw = raw;
            if masked.is_some() {
                // A reject keeps the text of its row, which this one must not.
                raw = b"";
                reasons = vec![erased_reason()];
            }
            self.reject(Reject::new(self.facts.name, position, raw, reasons))?;
        }
        if self.accepted.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Rows that were checked elsewhere, as columns in the contract's order; those with `accepted` set are taken.
    /// The others must have been handed to [`RowSink::bad_row`] one by one.
    pub(crate) fn accept_batch(
        &mut self,
        columns: Vec<ArrayRef>,
        hashes: Int64Array,
        numbers: Int64Array,
        accepted: &[bool],
    ) -> Result<(), ReadError> {
        let taken = accepted.iter().filter(|taken| **taken).count();
        self.counts.read += taken as u64;
        let columns = columns
            .into_iter()
            .zip(&self.columns)
            .filter(|(_, builder)| !matches!(builder, ColumnBuilder::Partition))
            .map(|(column, _)| column)
            .collect();
        self.write(columns, Arc::new(hashes), Arc::new(numbers), accepted, accepted.len() - taken)
    }

    fn flush(&mut self) -> Result<(), ReadError> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for (builder, nested) in self.columns.iter_mut().zip(&mut self.nested) {
            match nested {
                Some(nested) => columns.push(nested.finish().map_err(batch_error)?),
                None => columns.extend(builder.finish()),
            }
        }
        let (hashes, numbers) = (Arc::new(self.hashes.finish()), Arc::new(self.numbers.finish()));
        self.hashes = Int64Builder::with_capacity(hashes.len());
        self.numbers = Int64Builder::with_capacity(numbers.len());
        let accepted = std::mem::take(&mut self.accepted);
        let rejected = std::mem::take(&mut self.pending_rejects);
        self.pending_bytes = 0;
        self.write(columns, hashes, numbers, &accepted, rejected)?;
        self.accepted = accepted;
        self.accepted.clear();
        Ok(())
    }

    /// Writes the accepted rows of a batch, in which `rejected` rows are not.
    fn write(
        &mut self,
        mut columns: Vec<ArrayRef>,
        hashes: ArrayRef,
        numbers: ArrayRef,
        accepted: &[bool],
        rejected: usize,
    ) -> Result<(), ReadError> {
        self.facts.interrupt.check()?;
        self.outlook.judge(self.counts.read)?;
        let (mut hashes, mut numbers) = (hashes, numbers);
        if rejected > 0 {
            let mask = BooleanArray::from(accepted.to_vec());
            for column in columns.iter_mut().chain([&mut hashes, &mut numbers]) {
                *column = filter(column, &mask).map_err(batch_error)?;
            }
        }
        let rows = accepted.len() - rejected;
        self.counts.accepted += rows as u64;
        if rows == 0 {
            return Ok(());
        }
        columns.push(Arc::new(
            TimestampMicrosecondArray::from_value(self.facts.ingestion_ts, rows).with_timezone("UTC"),
        ));
        let names: ArrayRef = Arc::new(StringArray::from(vec![self.facts.name]));
        let keys = Int32Array::from_value(0, rows);
        columns.push(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names).map_err(batch_error)?));
        if self.contract.row_hash != RowHash::None {
            columns.push(hashes);
        }
        columns.push(numbers);
        let batch = RecordBatch::try_new(self.output.schema().clone(), columns).map_err(batch_error)?;
        self.output.write(&batch)?;
        Ok(())
    }

    /// What becomes of each row of a batch, if people of the feed were erased, and the batch without those that are masked.
    fn without_erased(
        &self,
        mut columns: Vec<ArrayRef>,
        hashes: Int64Array,
    ) -> Result<(Vec<ArrayRef>, Int64Array, Vec<ErasedRow>), ReadError> {
        let Some(erased) = &self.checks.erased else { return Ok((columns, hashes, Vec::new())) };
        let texts: Vec<Option<StringArray>> = columns
            .iter()
            .map(|column| {
                let text = cast(column, &ArrowType::Utf8).ok()?;
                text.as_any().downcast_ref::<StringArray>().cloned()
            })
            .collect();
        let judged: Vec<ErasedRow> = (0..hashes.len())
            .map(|row| {
                // A row of columns is never blank.
                erased.judge(b"1", |column| {
                    let text = texts.get(column)?.as_ref()?;
                    text.is_valid(row).then(|| text.value(row).as_bytes())
                })
            })
            .collect();
        let masked: BooleanArray = judged.iter().map(|one| Some(*one == ErasedRow::Masked)).collect();
        if masked.true_count() == 0 {
            return Ok((columns, hashes, judged));
        }
        for (column, _) in columns.iter_mut().zip(&erased.masked).filter(|(_, masked)| **masked) {
            *column = nullif(column, &masked).map_err(batch_error)?;
        }
        let blank = row_hash(b"");
        let hashes = hashes.iter().zip(&judged);
        let hashes = hashes.map(|(hash, one)| if *one == ErasedRow::Masked { Some(blank) } else { hash });
        Ok((columns, hashes.collect(), judged))
    }

    /// Ends a part of a file: its counts, and what was seen of the members of its JSON objects.
    pub(crate) fn finish_part(mut self) -> Result<(RowCounts, PartNotes), ReadError> {
        self.flush()?;
        let left_out = self.members_left_out();
        Ok((self.counts, PartNotes { members: self.members, left_out }))
    }

    /// Counts the rows of a part that was read apart, after those that were taken so far.
    pub(crate) fn add_part(
        &mut self,
        counts: RowCounts,
        notes: PartNotes,
        batches: &[RecordBatch],
    ) -> Result<(), ReadError> {
        self.facts.interrupt.check()?;
        self.counts += counts;
        self.left_out.extend(notes.left_out);
        match (&mut self.members, notes.members) {
            (Some(all), Some(members)) => all.add(members),
            (all, members) => *all = all.take().or(members),
        }
        self.outlook.judge(self.counts.read)?;
        Ok(batches.iter().try_for_each(|batch| self.output.write(batch))?)
    }

    /// Keeps a reject of a part, which [`Self::add_part`] counts after that.
    pub(crate) fn add_reject(&mut self, reject: Reject) -> Result<(), Error> {
        self.reject(reject)
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<(RowCounts, ColumnNotes), ReadError> {
        self.flush()?;
        let left_out = self.members_left_out();
        let mut notes = match self.members {
            // A row that comes again on its own need not have every member that its file has.
            Some(_) if self.origin.is_some() => ColumnNotes::default(),
            Some(members) => members.notes(self.counts.read)?,
            None => self.notes,
        };
        notes.extra.extend(left_out);
        Ok((self.counts, notes))
    }

    /// Members of objects that the contract leaves out, by their places.
    fn members_left_out(&mut self) -> BTreeSet<String> {
        let mut left_out = std::mem::take(&mut self.left_out);
        left_out.extend(self.batches.iter().flat_map(Columns::left_out).cloned());
        left_out.extend(self.nested.iter().flatten().flat_map(NestedBuilder::unknown).cloned());
        left_out
    }

    fn match_schema(&mut self, schema: &Schema) -> Result<Columns, ReadError> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let (source, notes) = match_columns(self.contract, &names)?;
        self.notes = notes;
        Ok(Columns::new(self.contract, self.checks, schema, source)?)
    }
}

impl RowSink for Intake<'_> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        let (source, notes) = match_header(self.contract, names)?;
        let mut types = vec![None; names.len()];
        for (column, index) in self.contract.columns.iter().zip(&source) {
            if let Some(index) = index {
                types[*index] = Some(column.data_type.clone());
            }
        }
        (self.source, self.notes) = (source, notes);
        Ok(types)
    }

    fn no_header(&mut self, width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let in_path = self.facts.fixed.iter().flatten().count();
        // As Hive writes files: without the columns that the path says.
        let without_path = in_path > 0 && width == Some(self.contract.columns.len() - in_path);
        let mut next = 0..;
        self.source = (self.facts.fixed.iter())
            .map(|fixed| if without_path && fixed.is_some() { None } else { next.next() })
            .collect();
        let columns = self.contract.columns.iter().zip(&self.source).filter(|(_, source)| source.is_some());
        Ok(columns.map(|(column, _)| (column.name.clone(), column.data_type.clone())).collect())
    }

    fn known_columns(&self, names: &[String]) -> usize {
        columns_of(self.contract, names).map_or(0, |source| source.iter().flatten().count())
    }

    fn schema(&mut self, schema: &Schema) -> Result<(), ReadError> {
        self.batches = Some(self.match_schema(schema)?);
        Ok(())
    }

    #[inline]
    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        self.take(
            position,
            raw,
            |source, column| cell(source[column]?),
            |source, column| source[column].is_some_and(&is_typed),
        )
    }

    fn would_accept<'c>(
        &self,
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        is_typed: impl Fn(usize) -> bool,
    ) -> bool {
        let mut reasons = Vec::new();
        for (index, check) in self.checks.columns.iter().enumerate() {
            let source = self.source.get(index).copied().flatten();
            let fixed = self.facts.fixed[index].as_ref();
            let text = source.and_then(&cell).filter(|text| !text.is_empty());
            // What the path says was checked before, and of what is inside values it is enough that they are there.
            if self.nested[index].is_some() || fixed.is_some() && text.is_none() {
                continue;
            }
            check.check(text, source.is_some_and(&is_typed), fixed, &mut reasons);
        }
        reasons.is_empty()
    }

    fn object(&mut self, position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let contract = self.contract;
        let mut cells = Cells::default();
        let checked =
            self.members.get_or_insert_with(|| MemberColumns::of(contract)).check(members, &mut cells);
        match checked {
            ObjectCheck::Cells => self.take(
                position,
                raw.as_bytes(),
                |_, column| cells.text(column),
                |_, column| cells.is_typed(column),
            ),
            ObjectCheck::WholeLine => self.take(position, raw.as_bytes(), |_, _| Some(raw), |_, _| false),
            ObjectCheck::Rejected(reasons) => self.bad_row(position, raw.as_bytes(), reasons),
        }
    }

    fn batch(&mut self, first_row: u64, batch: &RecordBatch) -> Result<(), ReadError> {
        let converter = match self.batches.take() {
            Some(converter) => converter,
            None => self.match_schema(&batch.schema())?,
        };
        let (columns, faults) = converter.convert(batch, self.checks, self.facts.fixed)?;
        self.batches = Some(converter);
        let rows = batch.num_rows();
        let hashes: Int64Array = row_hashes(&columns, rows).into();
        let numbers: Int64Array =
            (0..rows).map(|row| (first_row + row as u64) as i64).collect::<Vec<_>>().into();
        let mut accepted = vec![true; rows];
        let position = |row: usize| Position { row: first_row + row as u64, line: None, byte_offset: None };
        let (columns, hashes, judged) = self.without_erased(columns, hashes)?;
        for (row, _) in judged.iter().enumerate().filter(|(_, one)| **one == ErasedRow::Rejected) {
            accepted[row] = false;
            self.bad_row(position(row), b"", vec![erased_reason()])?;
        }
        for (row, reasons) in faults {
            match judged.get(row) {
                Some(ErasedRow::Rejected) => {}
                Some(ErasedRow::Masked) => {
                    accepted[row] = false;
                    self.bad_row(position(row), b"", vec![erased_reason()])?;
                }
                _ => {
                    accepted[row] = false;
                    self.bad_row(position(row), &row_text(batch, row), reasons)?;
                }
            }
        }
        self.accept_batch(columns, hashes, numbers, &accepted)
    }

    fn bad_row(&mut self, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Result<(), ReadError> {
        let position = self.origin.map_or(position, |origin| origin.position);
        self.counts.read += 1;
        self.counts.rejected += 1;
        self.reject(Reject::new(self.facts.name, position, raw, reasons))?;
        Ok(self.outlook.judge(self.counts.read)?)
    }

    fn has_local_time(&self, name: &str) -> bool {
        self.form_of(name).is_some_and(|form| form.clock().is_some())
    }

    fn is_null_text(&self, name: &str, text: &str) -> bool {
        self.form_of(name).is_some_and(|form| form.is_null(text.as_bytes()))
    }

    fn column_of_lines(&self) -> Option<&str> {
        self.members.as_ref().and_then(MemberColumns::column_of_lines)
    }
}

pub(crate) fn batch_error(error: ArrowError) -> ReadError {
    ReadError::Output(Error::defect("accepted rows do not fit their columns").caused_by(error))
}
