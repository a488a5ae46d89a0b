//! One version of a followed table, in one commit of bronze.

use super::super::check::Checks;
use super::super::commit::{self, Place};
use super::super::evolve::{self, Change, SchemaChange};
use super::super::intake::{Counts, Stop, file_schema};
use super::super::manifest::ManifestRow;
use super::super::output::Output;
use super::super::read::delta::check_source;
use super::super::read::{content_hash, match_columns};
use super::super::record::{CommitRecord, Processed};
use super::super::rejects::Spool;
use super::super::shape::{DELETED_AT, IS_DELETED, data_schema};
use super::super::table::{Run, balance};
use super::super::tally::Tally;
use super::changes::{SourceRows, rows_of_bronze};
use super::rewrite::rewrite;
use ingot_contract::{Contract, DataType, RawFile};
use ingot_core::error::Result;
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::{Changes, DeltaTable, LiveFile};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

/// What a version is compared with.
pub enum Before {
    /// The source's files in the version before.
    Files(Vec<LiveFile>),
    /// The rows that bronze has.
    Bronze,
}

pub struct Step<'a> {
    run: &'a Run<'a>,
    written: &'a Contract,
    /// With the columns that the source added.
    contract: Contract,
    place: &'a Place,
    source: &'a RawFile,
    version: u64,
    file: &'a RawFile,
    /// Bronze's columns from this version on, and whether they are new ones.
    schema: Schema,
    grew: bool,
    schema_changes: Vec<SchemaChange>,
}

pub struct StepDone {
    pub processed: Processed,
    pub rejects: Option<PathBuf>,
    pub tally: Tally,
    pub schema_changes: Vec<SchemaChange>,
    pub deleted: u64,
}

impl<'a> Step<'a> {
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        run: &'a Run<'a>,
        written: &'a Contract,
        place: &'a Place,
        source: &'a RawFile,
        version: u64,
        file: &'a RawFile,
        snapshot: &DeltaTable,
        table: &Option<DeltaTable>,
    ) -> Result<Self, Stop> {
        let old = table.as_ref().map(DeltaTable::schema).transpose()?;
        let found = snapshot.schema()?;
        let before = evolve::effective(written, old.as_deref());
        let contract = evolve::extended_by(&before, &found);
        let names: Vec<String> = found.fields().iter().map(|field| field.name().clone()).collect();
        let (_, notes) = match_columns(&contract, &names)?;
        let mut changes = evolve::Changes::default();
        for column in &contract.columns[before.columns.len()..] {
            changes.note(&contract, Change::Added, &column.name, &file.relative);
        }
        for column in &notes.extra {
            changes.note(written, Change::LeftOut, column, &file.relative);
        }
        let (schema, grew) = match &old {
            Some(old) => {
                let wanted = columns(&contract, &names, Some(old));
                let grown = evolve::grown(written, old, &wanted, &mut changes)?;
                let grew = grown.is_some();
                (grown.unwrap_or_else(|| old.as_ref().clone()), grew)
            }
            None => (columns(&contract, &names, None), true),
        };
        let mut schema_changes = changes.into_vec();
        for change in &mut schema_changes {
            // The contract knew it all along; it is the source that has it now.
            if change.change == Change::AddedByContract {
                change.change = Change::Appeared;
                change.first_file.clone_from(&file.relative);
                change.files = 1;
            }
        }
        Ok(Self { run, written, contract, place, source, version, file, schema, grew, schema_changes })
    }

    /// Takes what the version changed since `before`, and commits it.
    pub fn take(
        self,
        snapshot: &DeltaTable,
        before: &Before,
        after: &[LiveFile],
        table: &mut Option<DeltaTable>,
    ) -> Result<StepDone, Stop> {
        let begun = Instant::now();
        let no_files = Vec::new();
        let old_files = match before {
            Before::Files(files) => files,
            Before::Bronze => &no_files,
        };
        check_source(snapshot, after.iter().chain(old_files))?;
        let old: HashSet<&str> = old_files.iter().map(|file| file.relative.as_str()).collect();
        let new: HashSet<&str> = after.iter().map(|file| file.relative.as_str()).collect();
        let added: Vec<&LiveFile> =
            after.iter().filter(|file| !old.contains(file.relative.as_str())).collect();
        let removed: Vec<&LiveFile> =
            old_files.iter().filter(|file| !new.contains(file.relative.as_str())).collect();
        let (content_hash, log_bytes) = content_hash(&self.file.path, &|_| ())?;

        let checks = Checks::compile(&self.contract)?;
        let mut output = self.output(&checks, "");
        let mut rejects = Spool::default();
        let rows = SourceRows {
            contract: &self.contract,
            checks: &checks,
            source: self.source,
            ingestion_ts: self.run.ingestion_ts,
        };
        let there = match (before, &*table) {
            (Before::Bronze, Some(table)) => rows_of_bronze(&self.contract, table).map_err(Stop::from),
            (Before::Bronze, None) => Ok(Default::default()),
            (Before::Files(_), _) => rows.of_files(&removed, &mut output),
        };
        let changed = match there.and_then(|there| rows.changed(there, &added, &mut output, &mut rejects)) {
            Ok(changed) => changed,
            Err(stop) => {
                output.discard();
                return Err(stop);
            }
        };
        let mut add = output.finish()?;
        let deleted = changed.deleted.len() as u64;
        let counts = changed.counts;
        let with_deletions = Counts {
            read: counts.read + deleted,
            accepted: counts.accepted + deleted,
            rejected: counts.rejected,
        };
        let bytes = log_bytes + added.iter().map(|file| file.bytes).sum::<u64>();
        let processed = self.processed(&content_hash, bytes, with_deletions, begun.elapsed().as_secs_f64());
        let mut done = StepDone {
            processed,
            rejects: None,
            tally: rejects.tally().clone(),
            schema_changes: self.schema_changes.clone(),
            deleted,
        };
        self.run.judge(&self.contract.name, with_deletions.read, counts.rejected)?;
        if self.run.dry_run {
            return Ok(done);
        }
        balance(&self.contract, &[self.processed(&content_hash, 0, counts, 0.0)], &add, rejects.count())?;

        let mut remove = Vec::new();
        if let Some(table) = &*table
            && (!changed.touched.is_empty() || !changed.deleted.is_empty())
        {
            let mut kept = self.kept(&checks);
            remove = rewrite(&self.contract, table, &changed, self.moment(snapshot), &mut kept)?;
            add.extend(kept.finish()?);
        }
        let changes = Changes { add, remove, schema: self.grew.then(|| self.schema.clone()) };
        let record = CommitRecord {
            source_version: Some(self.version),
            files: vec![done.processed.clone()],
            schema_changes: self.schema_changes.clone(),
            ..CommitRecord::new(self.run, self.written)
        };
        // A run may follow several versions, each with reject files of its own.
        let staged = self.place.rejects(&record.key());
        let rejected = rejects.count();
        staged.write(&self.contract.name, &self.contract.version, &self.run.id, vec![rejects])?;
        let committed = commit::commit(
            self.place,
            table.take(),
            &self.contract,
            changes,
            std::slice::from_ref(&staged),
            &record,
        )?;
        commit::show(self.place, &committed, &record.key())?;
        *table = Some(committed);
        if rejected > 0 {
            done.rejects = Some(staged.published_csv().to_path_buf());
        }
        let row =
            ManifestRow::loaded(&self.contract.name, &done.processed, &self.run.id, self.run.ingestion_ts);
        self.run.with_manifest(|manifest| {
            manifest.record(&[row])?;
            manifest.record_schema_changes(
                &self.contract.name,
                &self.run.id,
                self.run.ingestion_ts,
                &self.schema_changes,
            )
        })?;
        Ok(done)
    }

    /// Data files for the rows of the source.
    fn output(&self, checks: &Checks, suffix: &str) -> Output {
        self.kept_as(checks, suffix).shaped_from(file_schema(checks, &[]))
    }

    /// Data files for the rows that bronze has already.
    fn kept(&self, checks: &Checks) -> Output {
        self.kept_as(checks, "-kept")
    }

    fn kept_as(&self, checks: &Checks, suffix: &str) -> Output {
        let prefix = format!("{}-v{:05}{suffix}", self.run.id, self.version);
        let delta = (!self.run.dry_run).then(|| self.place.delta());
        Output::new(delta, prefix, Vec::new(), data_schema(checks, &self.schema))
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

    /// When the source deleted: the time of its commit, in microseconds.
    fn moment(&self, snapshot: &DeltaTable) -> i64 {
        snapshot
            .history()
            .ok()
            .and_then(|history| history.into_iter().rev().find(|entry| entry.version == self.version))
            .and_then(|entry| entry.timestamp)
            .map_or(self.run.ingestion_ts, |milliseconds| milliseconds * 1000)
    }
}

/// The columns that bronze should have: of the contract's those that the source has or bronze had, and the marks of deleted rows.
fn columns(contract: &Contract, source: &[String], table: Option<&Schema>) -> Schema {
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
