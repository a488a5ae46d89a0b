//! One version of a followed table, in one commit of bronze.

use super::bronze_rows::{bronze_rows, find_concerned};
use super::changes::{Changed, Destination, take_changes};
use super::followed_feed::FollowedFeed;
use super::rewrite::rewrite;
use super::row_counts::Rows;
use super::row_keys::RowKeys;
use super::source_reader::{SourceReader, Terms, not_delta};
use crate::check::{Checks, match_columns};
use crate::commit::{CommitRecord, PreparedCommit, Processed, Rewritten, publish};
use crate::evolution::{
    Change, SchemaChange, SchemaChanges, effective_contract, extended_by_schema, grown_schema,
};
use crate::intake::FileFacts;
use crate::path_values::fixed_values;
use crate::read::content_hash;
use crate::read_error::ReadError;
use crate::rejects::{RejectBuffer, RejectCounts, tell_of_rest};
use crate::write::{DELETED_AT, IS_DELETED, Output, data_schema, file_schema};
use ingot_contract::{Contract, DataType, RawFile};
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::{DeltaTable, LiveFile};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

/// What a version is compared with.
pub(super) enum Baseline {
    /// Nothing was there before.
    Nothing,
    /// The source in the version before.
    Source(DeltaTable),
    /// The rows that bronze has.
    Bronze,
}

pub(super) struct Step<'a> {
    feed: FollowedFeed<'a>,
    /// With the columns that the source added.
    contract: Contract,
    version: u64,
    file: &'a RawFile,
    /// Bronze's columns from this version on, and whether there are new ones.
    schema: Schema,
    grew: bool,
    schema_changes: Vec<SchemaChange>,
}

pub(super) struct StepDone {
    pub(super) processed: Processed,
    pub(super) rejects: Option<PathBuf>,
    pub(super) reasons: RejectCounts,
    pub(super) schema_changes: Vec<SchemaChange>,
    pub(super) deleted: u64,
    /// Rows whose primary key is there more than once.
    pub(super) repeated: u64,
}

impl<'a> Step<'a> {
    /// Finds out the columns. `snapshot` is the source in this version, `table` has bronze's columns so far.
    pub(super) fn new(
        feed: FollowedFeed<'a>,
        version: u64,
        file: &'a RawFile,
        snapshot: &DeltaTable,
        table: Option<&Schema>,
    ) -> Result<Self, ReadError> {
        let written = feed.contract;
        let found = snapshot.schema()?;
        let before = effective_contract(written, table);
        let contract = extended_by_schema(&before, &found);
        let names: Vec<String> = found.fields().iter().map(|field| field.name().clone()).collect();
        let (source, notes) = match_columns(&contract, &names)?;
        let present: Vec<String> = contract
            .columns
            .iter()
            .zip(source)
            .filter_map(|(column, index)| index.map(|_| column.name.clone()))
            .collect();
        let mut changes = SchemaChanges::default();
        changes.note_respelled(&file.relative, &notes);
        changes.tell_respelled(feed.run.reporter, &written.name);
        for column in &contract.columns[before.columns.len()..] {
            changes.note(&contract, Change::Added, &column.name, &file.relative);
        }
        for column in &notes.extra {
            changes.note(written, Change::LeftOut, column, &file.relative);
        }
        let (schema, grew) = match table {
            Some(old) => {
                let wanted = bronze_columns(&contract, &present, Some(old));
                let grown = grown_schema(written, old, &wanted, &mut changes)?;
                let grew = grown.is_some();
                (grown.unwrap_or_else(|| old.clone()), grew)
            }
            None => (bronze_columns(&contract, &present, None), true),
        };
        let mut schema_changes = changes.into_vec();
        for change in &mut schema_changes {
            // The contract named the column before; the source has it only now.
            if change.change == Change::AddedByContract {
                change.change = Change::Appeared;
                change.first_file.clone_from(&file.relative);
                change.files = 1;
            }
        }
        Ok(Self { feed, contract, version, file, schema, grew, schema_changes })
    }

    /// Bronze's columns from this version on.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Takes what the version changed since the baseline, and commits it to `table`.
    pub(super) fn take(
        self,
        snapshot: &DeltaTable,
        baseline: &Baseline,
        table: &mut Option<DeltaTable>,
    ) -> Result<StepDone, ReadError> {
        let begun = Instant::now();
        let FollowedFeed { run, contract: written, paths, source } = self.feed;
        let after = snapshot.files().map_err(|error| not_delta(&error))?;
        let (content_hash, log_bytes) = content_hash(&self.file.path, &|_| ())?;

        let checks = Checks::compile(&self.contract)?;
        let fixed = fixed_values(&checks, source)?;
        let keys = RowKeys::of(&self.contract);
        let interrupt = &run.options.interrupt;
        let terms =
            Terms { contract: &self.contract, checks: &checks, keys: &keys, fixed: &fixed, interrupt };
        let reader = SourceReader::new(terms, snapshot)?;
        let (before, added) = self.compared(terms, baseline, &after, table.as_ref())?;
        let added_bytes: u64 = added.iter().map(|file| file.bytes).sum();

        let mut output =
            self.output(&checks, "").taking_batches_of(file_schema(&self.contract, &checks, &[]));
        let mut rejects = RejectBuffer::default();
        let facts = FileFacts { name: "", fixed: &fixed, ingestion_ts: run.stamp.at, interrupt };
        let to = Destination {
            contract: &self.contract,
            checks: &checks,
            keys: &keys,
            source,
            facts,
            output: &mut output,
            rejects: &mut rejects,
        };
        let found = take_changes(&reader, before, &added, to).and_then(|changed| {
            let concerned = find_concerned(&self.contract, &keys, table.as_ref(), &changed)?;
            Ok((changed, concerned))
        });
        let (changed, concerned) = match found {
            Ok(found) => found,
            Err(error) => {
                output.discard();
                return Err(error);
            }
        };
        let added_files = output.finish()?;
        let Changed { counts, .. } = changed;
        // A dry run does not have the rows of the versions before in bronze.
        let deleted = if run.options.dry_run { changed.deletions() } else { concerned.deleted };
        let repeated = concerned.repeated;
        let processed = Processed {
            path: self.file.relative.clone(),
            hash: content_hash,
            bytes: log_bytes + added_bytes,
            read: counts.read + deleted,
            accepted: counts.accepted + deleted,
            rejected: counts.rejected,
            seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            tag: None,
        };
        let record = CommitRecord {
            source_version: Some(self.version),
            files: vec![processed.clone()],
            schema_changes: self.schema_changes.clone(),
            repeated_keys: repeated,
            ..CommitRecord::new(&run.stamp, written)
        };
        // A run may follow several versions, each with reject files of its own.
        let staged = paths.rejects(&record.key());
        let rejects_csv = (counts.rejected > 0).then(|| staged.published_csv().to_path_buf());
        let reasons = rejects.counts().clone();
        let (step, checks) = (&self, &checks);
        let prepared = PreparedCommit {
            contract: &self.contract,
            record,
            counts,
            deleted,
            added: added_files,
            schema: self.grew.then(|| self.schema.clone()),
            kept_rejects: rejects.count(),
            has_changes: true,
            not_loaded: Vec::new(),
            rewrite: Some(Box::new(move |_| {
                if concerned.files.is_empty() {
                    return Ok(Rewritten::default());
                }
                let mut kept = step.output(checks, "-kept");
                let removed = rewrite(concerned, step.deleted_at(snapshot), &mut kept)?;
                Ok(Rewritten { added: kept.finish()?, removed })
            })),
            stage_rejects: Box::new(|_| {
                let kept = staged.write(
                    &written.name,
                    &written.version,
                    &run.stamp.id,
                    added_bytes,
                    vec![rejects],
                )?;
                tell_of_rest(run.reporter, &written.name, kept);
                Ok(vec![staged])
            }),
        };
        publish(run, paths, table, prepared)?.finished?;
        let rejects = rejects_csv.filter(|_| !run.options.dry_run);
        Ok(StepDone { processed, rejects, reasons, schema_changes: self.schema_changes, deleted, repeated })
    }

    /// Data files with bronze's columns. `suffix` tells those for bronze's own rows from those for the source's.
    fn output(&self, checks: &Checks, suffix: &str) -> Output {
        let FollowedFeed { run, paths, .. } = self.feed;
        let prefix = format!("{}-v{:05}{suffix}", run.stamp.id, self.version);
        let delta = (!run.options.dry_run).then(|| paths.delta());
        Output::new(delta, prefix, Vec::new(), data_schema(&self.contract, checks, &self.schema))
    }

    /// The rows that the version is compared with, and the source's files whose rows are compared with them.
    fn compared<'f>(
        &self,
        terms: Terms<'_>,
        baseline: &Baseline,
        after: &'f [LiveFile],
        table: Option<&DeltaTable>,
    ) -> Result<(Rows, Vec<&'f LiveFile>), ReadError> {
        if let Baseline::Source(earlier) = baseline {
            let before = earlier.files().map_err(|error| not_delta(&error))?;
            let removed = not_in(&before, after);
            let rows = match removed.as_slice() {
                [] => Ok(Rows::default()),
                removed => SourceReader::new(terms, earlier)
                    .map_err(ReadError::from)
                    .and_then(|reader| reader.rows(removed)),
            };
            match rows {
                Ok(rows) => return Ok((rows, not_in(after, &before))),
                // Its columns had other types then, or a file is gone.
                Err(ReadError::File(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let rows = match (baseline, table) {
            (Baseline::Nothing, _) | (_, None) => Rows::default(),
            (_, Some(table)) => bronze_rows(&self.contract, terms.keys, table)?,
        };
        Ok((rows, after.iter().collect()))
    }

    /// When the source deleted: the time of its commit, in microseconds since 1970.
    fn deleted_at(&self, snapshot: &DeltaTable) -> i64 {
        let commit = snapshot.last_commit().ok().flatten();
        commit
            .and_then(|commit| commit.timestamp)
            .map_or(self.feed.run.stamp.at, |milliseconds| milliseconds * 1000)
    }
}

/// Those of `files` that are not among `others`, with the same rows deleted.
fn not_in<'f>(files: &'f [LiveFile], others: &[LiveFile]) -> Vec<&'f LiveFile> {
    let others: HashMap<&str, &LiveFile> = others.iter().map(|file| (file.relative.as_str(), file)).collect();
    let is_there =
        |file: &LiveFile| others.get(file.relative.as_str()).is_some_and(|other| file.has_rows_of(other));
    files.iter().filter(|file| !is_there(file)).collect()
}

/// The columns that bronze should have: those of the contract that the source or its path has or bronze had, and the marks of deleted
/// rows.
fn bronze_columns(contract: &Contract, source: &[String], table: Option<&Schema>) -> Schema {
    let lake = contract.lake_schema();
    let is_there = |name: &str| {
        contract.column(name).is_none()
            || contract.raw.path_names(name)
            || source
                .iter()
                .any(|other| contract.column_in_file(other).is_some_and(|(_, column)| column.name == name))
            || table.is_some_and(|table| table.field_with_name(name).is_ok())
    };
    let mut fields: Vec<Field> = lake
        .fields()
        .iter()
        .filter(|field| is_there(field.name()))
        .map(|field| field.as_ref().clone())
        .collect();
    fields.push(Field::new(IS_DELETED, DataType::Bool.arrow(), false));
    fields.push(Field::new(DELETED_AT, DataType::Timestamp.arrow(), true));
    Schema::new(fields)
}
