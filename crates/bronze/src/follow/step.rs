//! One version of a followed table, in one commit of bronze.

use super::bronze_rows::bronze_rows;
use super::check_source::check_source;
use super::followed_feed::FollowedFeed;
use super::rewrite::rewrite;
use super::row_keys::Rows;
use super::source_rows::SourceRows;
use crate::check::{Checks, match_columns};
use crate::commit::{CommitRecord, PreparedCommit, Processed, Rewritten, publish};
use crate::evolution::{
    Change, SchemaChange, SchemaChanges, effective_contract, extended_by_schema, grown_schema,
};
use crate::read::content_hash;
use crate::read_error::ReadError;
use crate::rejects::{RejectBuffer, RejectCounts};
use crate::write::{DELETED_AT, IS_DELETED, Output, data_schema, file_schema};
use ingot_contract::{Contract, DataType, RawFile};
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::{DeltaTable, LiveFile};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

/// What a version is compared with.
pub(super) enum Baseline {
    /// The source's files in the version before.
    Files(Vec<LiveFile>),
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
}

impl<'a> Step<'a> {
    /// Finds out the columns. `snapshot` is the source in this version, `table` is bronze.
    pub(super) fn new(
        feed: FollowedFeed<'a>,
        version: u64,
        file: &'a RawFile,
        snapshot: &DeltaTable,
        table: Option<&DeltaTable>,
    ) -> Result<Self, ReadError> {
        let written = feed.contract;
        let old = table.map(DeltaTable::schema).transpose()?;
        let found = snapshot.schema()?;
        let before = effective_contract(written, old.as_deref());
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
        let (schema, grew) = match &old {
            Some(old) => {
                let wanted = bronze_columns(&contract, &present, Some(old));
                let grown = grown_schema(written, old, &wanted, &mut changes)?;
                let grew = grown.is_some();
                (grown.unwrap_or_else(|| old.as_ref().clone()), grew)
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

    /// Takes what the version changed since the baseline, and commits it to `table`.
    pub(super) fn take(
        self,
        snapshot: &DeltaTable,
        baseline: &Baseline,
        after: &[LiveFile],
        table: &mut Option<DeltaTable>,
    ) -> Result<StepDone, ReadError> {
        let begun = Instant::now();
        let FollowedFeed { run, contract: written, paths, source } = self.feed;
        let no_files = Vec::new();
        let old_files = match baseline {
            Baseline::Files(files) => files,
            Baseline::Bronze => &no_files,
        };
        check_source(snapshot, after.iter().chain(old_files))?;
        let (added, removed) = (not_in(after, old_files), not_in(old_files, after));
        let (content_hash, log_bytes) = content_hash(&self.file.path, &|_| ())?;

        let checks = Checks::compile(&self.contract)?;
        let mut output = self.output(&checks, "").taking_batches_of(file_schema(&checks, &[]));
        let mut rejects = RejectBuffer::default();
        let rows = SourceRows {
            contract: &self.contract,
            checks: &checks,
            source,
            ingestion_ts: run.stamp.at,
            interrupt: &run.options.interrupt,
        };
        let before = match (baseline, &*table) {
            (Baseline::Bronze, Some(table)) => bronze_rows(&self.contract, table).map_err(ReadError::from),
            (Baseline::Bronze, None) => Ok(Rows::default()),
            (Baseline::Files(_), _) => rows.of_files(&removed),
        };
        let changed = match before.and_then(|before| rows.changed(before, &added, &mut output, &mut rejects))
        {
            Ok(changed) => changed,
            Err(error) => {
                output.discard();
                return Err(error);
            }
        };
        let added_files = output.finish()?;
        let (counts, deleted) = (changed.counts, changed.deleted.len() as u64);
        let processed = Processed {
            path: self.file.relative.clone(),
            hash: content_hash,
            bytes: log_bytes + added.iter().map(|file| file.bytes).sum::<u64>(),
            read: counts.read + deleted,
            accepted: counts.accepted + deleted,
            rejected: counts.rejected,
            seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        };
        let record = CommitRecord {
            source_version: Some(self.version),
            files: vec![processed.clone()],
            schema_changes: self.schema_changes.clone(),
            ..CommitRecord::new(&run.stamp, written)
        };
        // A run may follow several versions, each with reject files of its own.
        let staged = paths.rejects(&record.key());
        let rejects_csv = (counts.rejected > 0).then(|| staged.published_csv().to_path_buf());
        let reasons = rejects.counts().clone();
        let (step, checks, changes) = (&self, &checks, &changed);
        let prepared = PreparedCommit {
            contract: &self.contract,
            record,
            counts,
            deleted,
            added: added_files,
            schema: self.grew.then(|| self.schema.clone()),
            kept_rejects: rejects.count(),
            has_changes: true,
            failed: Vec::new(),
            rewrite: Some(Box::new(move |table| {
                if changes.touched.is_empty() && changes.deleted.is_empty() {
                    return Ok(Rewritten::default());
                }
                let mut kept = step.output(checks, "-kept");
                let removed = rewrite(&step.contract, table, changes, step.deleted_at(snapshot), &mut kept)?;
                Ok(Rewritten { added: kept.finish()?, removed })
            })),
            stage_rejects: Box::new(|_| {
                staged.write(&written.name, &written.version, &run.stamp.id, vec![rejects])?;
                Ok(vec![staged])
            }),
        };
        publish(run, paths, table, prepared)?.finished?;
        let rejects = rejects_csv.filter(|_| !run.options.dry_run);
        Ok(StepDone { processed, rejects, reasons, schema_changes: self.schema_changes, deleted })
    }

    /// Data files with bronze's columns. `suffix` tells those for bronze's own rows from those for the source's.
    fn output(&self, checks: &Checks, suffix: &str) -> Output {
        let FollowedFeed { run, paths, .. } = self.feed;
        let prefix = format!("{}-v{:05}{suffix}", run.stamp.id, self.version);
        let delta = (!run.options.dry_run).then(|| paths.delta());
        Output::new(delta, prefix, Vec::new(), data_schema(checks, &self.schema))
    }

    /// When the source deleted: the time of its commit, in microseconds since 1970.
    fn deleted_at(&self, snapshot: &DeltaTable) -> i64 {
        snapshot
            .history()
            .ok()
            .and_then(|history| history.into_iter().rev().find(|entry| entry.version == self.version))
            .and_then(|entry| entry.timestamp)
            .map_or(self.feed.run.stamp.at, |milliseconds| milliseconds * 1000)
    }
}

/// Those of `files` that are not among `others`.
fn not_in<'f>(files: &'f [LiveFile], others: &[LiveFile]) -> Vec<&'f LiveFile> {
    let others: HashSet<&str> = others.iter().map(|file| file.relative.as_str()).collect();
    files.iter().filter(|file| !others.contains(file.relative.as_str())).collect()
}

/// The columns that bronze should have: those of the contract that the source has or bronze had, and the marks of deleted
/// rows.
fn bronze_columns(contract: &Contract, source: &[String], table: Option<&Schema>) -> Schema {
    let lake = contract.lake_schema();
    let is_there = |name: &str| {
        contract.column(name).is_none()
            || source.iter().any(|other| other == name)
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
