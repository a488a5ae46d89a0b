//! A feed that is itself a Delta table with versions (`returns`): bronze follows it version by version, one
//! commit for each. Rows are told apart by the contract's primary key: new and changed ones are upserted, those that vanish stay
//! as tombstones (`is_deleted`, `deleted_at`), and a column of the contract is added in the version in
//! which the source first has it. So bronze's own history lets one travel as the source's does.
//!
//! What counts as the raw file of a version is its commit in the source's log. Rows that a version merely
//! carries over from one file to another are not read rows: nothing happened to them.

use super::check::{Checks, FixedValue};
use super::commit::{self, Place};
use super::intake::{Counts, FileFacts, FileFailure, Intake, Stop, file_schema};
use super::manifest::ManifestRow;
use super::output::Output;
use super::read::columnar::{Columns, row_hashes};
use super::read::delta::check_source;
use super::read::{content_hash, match_columns};
use super::record::{CommitRecord, Known, Processed};
use super::rejects::Spool;
use super::shape::{DELETED_AT, IS_DELETED, data_schema, with_columns_of};
use super::summary::TableSummary;
use super::table::{Run, balance, detail, failed_row, open_and_heal, summaries};
use crate::contract::{Contract, DataType, RawFile};
use crate::error::{Context as _, Error, Result};
use crate::lake::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use crate::lake::arrow::compute::filter_record_batch;
use crate::lake::arrow::datatypes::{Field, Schema};
use crate::lake::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use crate::lake::{Changes, DeltaTable, LiveFile};
use crate::report::{Event, Unit};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

const BATCH_ROWS: usize = 8192;

/// A row's primary key, hashed: 128 bits, so that no two keys of a table meet.
type Key = u128;

/// Follows the source table from the version after the last one that is in.
pub fn load(run: &Run<'_>, contract: &Contract, sources: Vec<RawFile>) -> Result<TableSummary> {
    let begun = Instant::now();
    let place = Place { lake: run.lake.to_path_buf(), table: contract.name.clone() };
    let (mut table, known) = open_and_heal(run, &place)?;
    let mut summary = TableSummary { table: contract.name.clone(), ..TableSummary::default() };
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: 0, unit: Unit::Bytes });
    if let Some(source) = sources.first() {
        let mut processed = Vec::new();
        let mut unchanged = Vec::new();
        let mut failed = Vec::new();
        match follow(run, contract, &place, source, &mut table, &known, &mut processed, &mut unchanged) {
            Ok(rejects) => summary.rejects = rejects,
            Err((version_file, Stop::File(failure))) => {
                run.record_in_manifest(&[failed_row(run, contract, &version_file.relative, &failure)])?;
                failed.push((version_file, failure));
            }
            Err((_, Stop::Output(error))) => return Err(error),
        }
        summary.files = summaries(&processed, &unchanged, &failed);
    }
    summary.version = table.as_ref().map(DeltaTable::version);
    summary.seconds = begun.elapsed().as_secs_f64();
    run.reporter.report(Event::TaskFinished { task, detail: detail(&summary) });
    Ok(summary)
}

type Follow = Result<Option<std::path::PathBuf>, (RawFile, Stop)>;

#[allow(clippy::too_many_arguments)]
fn follow(
    run: &Run<'_>,
    contract: &Contract,
    place: &Place,
    source: &RawFile,
    table: &mut Option<DeltaTable>,
    known: &Known,
    processed: &mut Vec<Processed>,
    unchanged: &mut Vec<RawFile>,
) -> Follow {
    let whole =
        |error: Error| (source.clone(), Stop::File(FileFailure::new("NOT_A_DELTA_TABLE", error.to_string())));
    let newest = DeltaTable::open(&source.path).map_err(whole)?;
    let next = known.source_version.map_or(0, |version| version + 1);
    for version in 0..next {
        let file = version_file(source, version);
        if let Err(failure) = same_as_before(&file, known) {
            return Err((file, Stop::File(failure)));
        }
        unchanged.push(file);
    }
    let mut rejects = None;
    let mut previous: Vec<LiveFile> = match next.checked_sub(1) {
        Some(version) => {
            DeltaTable::open_at(&source.path, version).and_then(|table| table.files()).map_err(whole)?
        }
        None => Vec::new(),
    };
    for version in next..=newest.version() {
        let file = version_file(source, version);
        let fail = |stop: Stop| (file.clone(), stop);
        let snapshot =
            DeltaTable::open_at(&source.path, version).map_err(|error| fail(broken(&error).into()))?;
        let files = snapshot.files().map_err(|error| fail(broken(&error).into()))?;
        let step = Step { run, contract, place, source, version, file: &file };
        let done = step.take(&snapshot, &previous, &files, table.take()).map_err(fail)?;
        *table = done.table;
        if done.rejects.is_some() {
            rejects = done.rejects;
        }
        processed.push(done.processed);
        previous = files;
    }
    Ok(rejects)
}

/// The commit of a version, which stands for it in the manifest.
fn version_file(source: &RawFile, version: u64) -> RawFile {
    let name = format!("_delta_log/{version:020}.json");
    RawFile {
        relative: format!("{}/{name}", source.relative),
        path: source.path.join(name),
        partition_values: source.partition_values.clone(),
    }
}

/// A version that was followed must still be the same; else the folder holds another table.
fn same_as_before(file: &RawFile, known: &Known) -> Result<(), FileFailure> {
    let Some((before, _, _)) = known.files.get(&file.relative) else { return Ok(()) };
    match content_hash(&file.path, &|_| ()) {
        Ok((hash, _)) if hash == before.hash => Ok(()),
        // Logs are cleaned; a version that is gone cannot be compared.
        Err(failure) if failure.code == "VANISHED" => Ok(()),
        Err(failure) => Err(failure),
        Ok(_) => Err(FileFailure::new(
            "SOURCE_REPLACED",
            "the source is not the table that was followed before; remove the bronze table to load the new one",
        )),
    }
}

fn broken(error: &Error) -> FileFailure {
    FileFailure::new("NOT_A_DELTA_TABLE", error.to_string())
}

/// One version of the source.
struct Step<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    place: &'a Place,
    source: &'a RawFile,
    version: u64,
    file: &'a RawFile,
}

struct StepDone {
    processed: Processed,
    table: Option<DeltaTable>,
    rejects: Option<std::path::PathBuf>,
}

impl Step<'_> {
    fn take(
        &self,
        snapshot: &DeltaTable,
        before: &[LiveFile],
        after: &[LiveFile],
        table: Option<DeltaTable>,
    ) -> Result<StepDone, Stop> {
        let begun = Instant::now();
        check_source(snapshot, after.iter().chain(before))?;
        let names: Vec<String> =
            snapshot.schema()?.fields().iter().map(|field| field.name().clone()).collect();
        match_columns(self.contract, &names)?;
        let old: HashSet<&str> = before.iter().map(|file| file.relative.as_str()).collect();
        let new: HashSet<&str> = after.iter().map(|file| file.relative.as_str()).collect();
        let added: Vec<&LiveFile> =
            after.iter().filter(|file| !old.contains(file.relative.as_str())).collect();
        let removed: Vec<&LiveFile> =
            before.iter().filter(|file| !new.contains(file.relative.as_str())).collect();
        let (content_hash, log_bytes) = content_hash(&self.file.path, &|_| ())?;

        let checks = Checks::compile(self.contract)?;
        let schema = self.table_schema(&names, table.as_ref())?;
        let data_schema = data_schema(&checks, &schema);
        let prefix = format!("{}-v{:05}", self.run.id, self.version);
        let delta = (!self.run.dry_run).then(|| self.place.delta());
        let mut output = Output::new(delta.clone(), prefix.clone(), Vec::new(), data_schema.clone())
            .shaped_from(file_schema(&checks, &[]));
        let mut rejects = Spool::default();
        let read = self.changed_rows(&checks, &removed, &added, &mut output, &mut rejects);
        let changed = match read {
            Ok(changed) => changed,
            Err(stop) => {
                output.discard();
                return Err(stop);
            }
        };
        let mut add = output.finish()?;
        let deletions = changed.deleted.len() as u64;
        let counts = changed.counts;
        balance(
            self.contract,
            &[self.processed(&content_hash, 0, counts, 0.0)],
            if self.run.dry_run { &[] } else { &add },
            rejects.count(),
        )
        .or_else(|error| if self.run.dry_run { Ok(()) } else { Err(error) })?;

        let with_deletions = Counts {
            read: counts.read + deletions,
            accepted: counts.accepted + deletions,
            rejected: counts.rejected,
        };
        let bytes = log_bytes + added.iter().map(|file| file.bytes).sum::<u64>();
        let mut done = StepDone {
            processed: self.processed(&content_hash, bytes, with_deletions, begun.elapsed().as_secs_f64()),
            table: None,
            rejects: None,
        };
        if self.run.dry_run {
            done.table = table;
            return Ok(done);
        }

        let mut remove = Vec::new();
        if let Some(table) = &table
            && (!changed.touched.is_empty() || !changed.deleted.is_empty())
        {
            let deleted_at = self.moment(snapshot);
            let rewrite_prefix = format!("{prefix}-kept");
            let mut kept = Output::new(delta, rewrite_prefix, Vec::new(), data_schema.clone());
            for file in table.files()? {
                if self.rewrite(&checks, &file, &changed, deleted_at, &mut kept)? {
                    remove.push(file);
                }
            }
            add.extend(kept.finish()?);
        }
        let changes = Changes {
            add,
            remove,
            schema: match &table {
                Some(table) => {
                    (table.schema()?.fields().len() != schema.fields().len()).then(|| schema.clone())
                }
                None => None,
            },
        };
        let record = CommitRecord {
            run_id: self.run.id.clone(),
            contract_version: self.contract.version.clone(),
            ingestion_ts: self.run.ingestion_ts,
            source_version: Some(self.version),
            files: vec![done.processed.clone()],
        };
        // A run may follow several versions, each with reject files of its own.
        let staged = self.place.rejects(&record.key());
        let rejected = rejects.count();
        staged.write(&self.contract.name, &self.contract.version, &self.run.id, vec![rejects])?;
        let table = commit::commit(self.place, table, || schema, &[], changes, &record)?;
        commit::show(self.place, &table, &record.key())?;
        if rejected > 0 {
            done.rejects = Some(staged.published_csv().to_path_buf());
        }
        self.run.record_in_manifest(&[ManifestRow::loaded(
            &self.contract.name,
            &done.processed,
            &self.run.id,
            self.run.ingestion_ts,
        )])?;
        done.table = Some(table);
        Ok(done)
    }

    fn processed(&self, hash: &str, bytes: u64, counts: Counts, seconds: f64) -> Processed {
        Processed {
            path: self.file.relative.clone(),
            hash: hash.to_owned(),
            bytes,
            read: counts.read,
            accepted: counts.accepted,
            rejected: counts.rejected,
            seconds: (seconds * 1000.0).round() / 1000.0,
        }
    }

    /// The bronze table's columns from this version on: what it has, and after that what the source has now.
    fn table_schema(&self, source: &[String], table: Option<&DeltaTable>) -> Result<Schema> {
        let lake = self.contract.lake_schema();
        let mut fields: Vec<Field> = match table {
            Some(table) => table.schema()?.fields().iter().map(|field| field.as_ref().clone()).collect(),
            None => {
                let is_there = |name: &str| {
                    self.contract.column(name).is_none() || source.iter().any(|other| other == name)
                };
                let mut fields: Vec<Field> = lake
                    .fields()
                    .iter()
                    .filter(|field| is_there(field.name()))
                    .map(|field| field.as_ref().clone())
                    .collect();
                fields.push(Field::new(IS_DELETED, DataType::Bool.arrow(), false));
                fields.push(Field::new(DELETED_AT, DataType::Timestamp.arrow(), true));
                fields
            }
        };
        for column in &self.contract.columns {
            if source.contains(&column.name) && !fields.iter().any(|field| *field.name() == column.name) {
                fields.push(Field::new(&column.name, column.data_type.arrow(), true));
            }
        }
        Ok(Schema::new(fields))
    }

    /// When the source deleted: the time of its commit, in microseconds.
    fn moment(&self, snapshot: &DeltaTable) -> i64 {
        snapshot
            .history()
            .ok()
            .and_then(|history| history.into_iter().rev().find(|entry| entry.version == self.version))
            .and_then(|entry| entry.timestamp)
            .map_or(self.run.ingestion_ts, |milliseconds| milliseconds * 1000)
    }

    /// Takes the rows that this version brought or changed, and finds those that it deleted.
    fn changed_rows(
        &self,
        checks: &Checks,
        removed: &[&LiveFile],
        added: &[&LiveFile],
        output: &mut Output,
        rejects: &mut Spool,
    ) -> Result<Changed, Stop> {
        let fixed: Vec<Option<FixedValue>> = vec![None; checks.columns.len()];
        let key_columns: Vec<usize> = self
            .contract
            .primary_key()
            .iter()
            .filter_map(|column| self.contract.column(&column.name).map(|(index, _)| index))
            .collect();
        if key_columns.is_empty() {
            return Err(FileFailure::new(
                "NO_PRIMARY_KEY",
                "to follow a table, its contract must name a primary key",
            )
            .into());
        }
        let mut vanished: HashMap<Key, i64> = HashMap::new();
        let mut changed = Changed::default();
        for file in removed {
            let name = format!("{}/{}", self.source.relative, file.relative);
            let facts = FileFacts { name: &name, fixed: &fixed, ingestion_ts: self.run.ingestion_ts };
            let mut unused = Spool::default();
            let intake = Intake::new(checks, facts, output, &mut unused);
            let (reader, columns) = self.open(file)?;
            for batch in reader {
                let batch = batch.map_err(|error| FileFailure::new("NOT_PARQUET", error.to_string()))?;
                let (converted, faults) = columns.convert(&batch, &intake)?;
                let hashes = row_hashes(&converted, batch.num_rows());
                let keys = keys(&converted, &key_columns, batch.num_rows());
                // A rejected row never was in bronze, so that it cannot vanish from it.
                for row in (0..batch.num_rows()).filter(|row| !faults.contains_key(row)) {
                    vanished.insert(keys[row], hashes[row]);
                }
            }
        }
        for file in added {
            let name = format!("{}/{}", self.source.relative, file.relative);
            let facts = FileFacts { name: &name, fixed: &fixed, ingestion_ts: self.run.ingestion_ts };
            let mut intake = Intake::new(checks, facts, output, rejects);
            let (reader, columns) = self.open(file)?;
            let mut first_row = 1;
            for batch in reader {
                let batch = batch.map_err(|error| FileFailure::new("NOT_PARQUET", error.to_string()))?;
                let rows = batch.num_rows();
                let (converted, mut faults) = columns.convert(&batch, &intake)?;
                let hashes = row_hashes(&converted, rows);
                let keys = keys(&converted, &key_columns, rows);
                let mut accepted = vec![false; rows];
                for row in 0..rows {
                    let before = vanished.remove(&keys[row]);
                    if before == Some(hashes[row]) {
                        continue;
                    }
                    if let Some(reasons) = faults.remove(&row) {
                        let position = super::rejects::Position {
                            row: first_row + row as u64,
                            line: None,
                            byte_offset: None,
                        };
                        intake.reject(position, &super::read::columnar::row_text(&batch, row), reasons)?;
                        continue;
                    }
                    accepted[row] = true;
                    changed.touched.insert(keys[row]);
                }
                let numbers: Int64Array =
                    (0..rows).map(|row| (first_row + row as u64) as i64).collect::<Vec<_>>().into();
                intake.accept_batch(converted, hashes.into(), numbers, &accepted)?;
                first_row += rows as u64;
            }
            let counts = intake.finish()?;
            changed.counts.read += counts.read;
            changed.counts.accepted += counts.accepted;
            changed.counts.rejected += counts.rejected;
        }
        changed.deleted = vanished.into_keys().filter(|key| !changed.touched.contains(key)).collect();
        Ok(changed)
    }

    fn open(&self, file: &LiveFile) -> Result<(ParquetRecordBatchReader, Columns), Stop> {
        let input = File::open(&file.path).map_err(|error| super::read::cannot_open(&error))?;
        let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_PARQUET", error.to_string());
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| broken(&error))?;
        let schema = builder.schema().clone();
        // A file that is older than a column does not have it.
        let source = self.contract.columns.iter().map(|column| schema.index_of(&column.name).ok()).collect();
        let columns = Columns::new(self.contract, &schema, source)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken(&error))?;
        Ok((reader, columns))
    }

    /// Writes a bronze file anew without the rows that were replaced and with tombstones for those that were deleted.
    /// Returns false, having written nothing, if none of its rows is concerned.
    fn rewrite(
        &self,
        checks: &Checks,
        file: &LiveFile,
        changed: &Changed,
        deleted_at: i64,
        kept: &mut Output,
    ) -> Result<bool> {
        let mut concerned = false;
        for batch in read_bronze(file)? {
            let batch = batch.doing_to("reading the bronze table", &file.path)?;
            if self.bronze_keys(checks, &batch)?.iter().any(|key| changed.concerns(*key)) {
                concerned = true;
                break;
            }
        }
        if !concerned {
            return Ok(false);
        }
        for batch in read_bronze(file)? {
            let batch = batch.doing_to("reading the bronze table", &file.path)?;
            let keys = self.bronze_keys(checks, &batch)?;
            let batch = with_columns_of(&batch, kept.schema(), deleted_at, |row| {
                changed.deleted.contains(&keys[row])
            })
            .doing_to("rewriting", &file.path)?;
            let stays: BooleanArray = keys.iter().map(|key| Some(!changed.touched.contains(key))).collect();
            kept.write(&filter_record_batch(&batch, &stays).doing_to("rewriting", &file.path)?)?;
        }
        Ok(true)
    }

    fn bronze_keys(&self, checks: &Checks, batch: &RecordBatch) -> Result<Vec<Key>> {
        let columns: Option<Vec<ArrayRef>> = self
            .contract
            .primary_key()
            .iter()
            .map(|column| batch.column_by_name(&column.name).cloned())
            .collect();
        let columns = columns.ok_or_else(|| {
            Error::failed(format!("the bronze table of {} has no primary key column", checks.columns[0].name))
                .at(self.place.delta())
        })?;
        let all: Vec<usize> = (0..columns.len()).collect();
        Ok(keys(&columns, &all, batch.num_rows()))
    }
}

/// What a version did.
#[derive(Default)]
struct Changed {
    /// Rows of these keys are replaced by new ones, or are new.
    touched: HashSet<Key>,
    deleted: HashSet<Key>,
    /// Of the new and changed rows; deletions not counted.
    counts: Counts,
}

impl Changed {
    fn concerns(&self, key: Key) -> bool {
        self.touched.contains(&key) || self.deleted.contains(&key)
    }
}

fn keys(columns: &[ArrayRef], key_columns: &[usize], rows: usize) -> Vec<Key> {
    let columns: Vec<&ArrayRef> = key_columns.iter().map(|index| &columns[*index]).collect();
    let mut buffer = Vec::new();
    (0..rows)
        .map(|row| {
            buffer.clear();
            for column in &columns {
                super::read::columnar::push_value(&mut buffer, column, row);
            }
            xxh3_128(&buffer)
        })
        .collect()
}

fn read_bronze(file: &LiveFile) -> Result<ParquetRecordBatchReader> {
    let input = File::open(&file.path).doing_to("opening the bronze table's file", &file.path)?;
    ParquetRecordBatchReaderBuilder::try_new(input)
        .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
        .doing_to("reading the bronze table's file", &file.path)
}
