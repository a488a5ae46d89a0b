//! Loads one table: groups of new files in parallel, then one commit.

use super::check::{Checks, FixedValue};
use super::commit::{self, Place};
use super::intake::{Counts, FileFacts, FileFailure, Intake, Stop, file_schema};
use super::manifest::{Manifest, ManifestRow};
use super::output::Output;
use super::plan::{Group, Plan};
use super::read::{ColumnNotes, read_file};
use super::record::{CommitRecord, Known, Processed};
use super::rejects::Spool;
use super::summary::{FileStatus, FileSummary, TableSummary};
use crate::contract::{Contract, Evolution, RawFile};
use crate::error::{Error, Result};
use crate::lake::{Changes, DeltaTable, NewFile};
use crate::report::{Event, Reporter, Unit};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What all tables of a run share.
pub struct Run<'a> {
    pub id: String,
    /// Microseconds since 1970.
    pub ingestion_ts: i64,
    pub lake: &'a std::path::Path,
    pub raw: &'a std::path::Path,
    pub dry_run: bool,
    pub reporter: &'a dyn Reporter,
    pub pool: &'a rayon::ThreadPool,
    /// `None` for a dry run.
    pub manifest: Option<&'a Mutex<Manifest>>,
}

impl Run<'_> {
    pub fn record_in_manifest(&self, rows: &[ManifestRow]) -> Result<()> {
        match self.manifest {
            Some(manifest) => manifest.lock().unwrap_or_else(PoisonError::into_inner).record(rows),
            None => Ok(()),
        }
    }

    pub fn heal_manifest(&self, table: &str, known: &Known) -> Result<()> {
        if let Some(manifest) = self.manifest {
            manifest.lock().unwrap_or_else(PoisonError::into_inner).heal(table, known)?;
        }
        Ok(())
    }
}

/// Opens a table of the lake and puts right what killed runs left of it.
pub fn open_and_heal(run: &Run<'_>, place: &Place) -> Result<(Option<DeltaTable>, Known)> {
    let table = place.open()?;
    let known = match &table {
        Some(table) => Known::of(table)?,
        None => Known::default(),
    };
    if !run.dry_run {
        commit::heal(place, table.as_ref(), &known)?;
        run.heal_manifest(&place.table, &known)?;
    }
    Ok((table, known))
}

/// One file's outcome.
pub struct Loaded {
    pub processed: Processed,
    pub notes: ColumnNotes,
}

/// What loading one group gave.
#[derive(Default)]
struct GroupDone {
    data: Vec<NewFile>,
    loaded: Vec<Loaded>,
    failed: Vec<(RawFile, FileFailure)>,
    rejects: Spool,
}

/// Loads the new files among `files`.
pub fn load(run: &Run<'_>, contract: &Contract, files: Vec<RawFile>) -> Result<TableSummary> {
    let begun = Instant::now();
    let place = Place { lake: run.lake.to_path_buf(), table: contract.name.clone() };
    let checks = Checks::compile(contract)?;
    let (table, known) = open_and_heal(run, &place)?;
    let plan = run.pool.install(|| Plan::make(contract, files, &known));
    let partition_columns: Vec<String> =
        contract.partitions.iter().map(|partition| partition.name.clone()).collect();
    let schema = file_schema(&checks, &partition_columns);
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: plan.bytes(), unit: Unit::Bytes });

    let delta = (!run.dry_run).then(|| place.delta());
    let load_group = |(index, group): (usize, &Group)| -> Result<GroupDone> {
        let mut done = GroupDone::default();
        let mut files = group.files.clone();
        // A file that breaks half-way takes the group's work with it; the group is begun again without it.
        'again: loop {
            done.loaded.clear();
            done.rejects = Spool::default();
            let prefix = format!("{}-{index:05}", run.id);
            let mut output =
                Output::new(delta.clone(), prefix, group.partition_values.clone(), schema.clone());
            for (at, file) in files.iter().enumerate() {
                match load_file(run, contract, &checks, group, file, &mut output, &mut done.rejects) {
                    Ok(loaded) => done.loaded.push(loaded),
                    Err(Stop::File(failure)) => {
                        output.discard();
                        done.failed.push((files.remove(at), failure));
                        continue 'again;
                    }
                    Err(Stop::Output(error)) => {
                        output.discard();
                        return Err(error);
                    }
                }
            }
            done.data = output.finish()?;
            return Ok(done);
        }
    };
    let done: Result<Vec<GroupDone>> =
        run.pool.install(|| plan.groups.par_iter().enumerate().map(load_group).collect());
    let done = done?;

    let mut summary = TableSummary { table: contract.name.clone(), ..TableSummary::default() };
    let mut changes = Changes::default();
    let mut record = CommitRecord {
        run_id: run.id.clone(),
        contract_version: contract.version.clone(),
        ingestion_ts: run.ingestion_ts,
        source_version: None,
        files: Vec::new(),
    };
    let mut failed = plan.failed;
    let mut spools = Vec::new();
    let mut notes = BTreeSet::new();
    for group in done {
        changes.add.extend(group.data);
        failed.extend(group.failed);
        spools.push(group.rejects);
        for loaded in group.loaded {
            notes.insert(loaded.notes);
            record.files.push(loaded.processed);
        }
    }
    report_notes(run, contract, &notes);
    summary.files = summaries(&record.files, &plan.unchanged, &failed);

    let mut table = table;
    if !run.dry_run {
        let rejected: u64 = spools.iter().map(Spool::count).sum();
        balance(contract, &record.files, &changes.add, rejected)?;
        if !record.files.is_empty() {
            let staged = place.rejects(&record.key());
            staged.write(&contract.name, &contract.version, &run.id, spools)?;
            if rejected > 0 {
                summary.rejects = Some(staged.published_csv().to_path_buf());
            }
            let committed = commit::commit(
                &place,
                table,
                || contract.lake_schema(),
                &partition_columns,
                changes,
                &record,
            );
            // Whether the commit is in the log decides, and the next run will see; nothing is shown if it is not.
            let committed = committed?;
            commit::show(&place, &committed, &record.key())?;
            table = Some(committed);
        }
        let mut rows: Vec<ManifestRow> = record
            .files
            .iter()
            .map(|file| ManifestRow::loaded(&contract.name, file, &run.id, run.ingestion_ts))
            .collect();
        rows.extend(failed.iter().map(|(file, failure)| failed_row(run, contract, &file.relative, failure)));
        run.record_in_manifest(&rows)?;
    }
    summary.version = table.as_ref().map(DeltaTable::version);
    summary.seconds = begun.elapsed().as_secs_f64();
    run.reporter.report(Event::TaskFinished { task, detail: detail(&summary) });
    Ok(summary)
}

fn load_file(
    run: &Run<'_>,
    contract: &Contract,
    checks: &Checks,
    group: &Group,
    file: &RawFile,
    output: &mut Output,
    rejects: &mut Spool,
) -> Result<Loaded, Stop> {
    let begun = Instant::now();
    let fixed: Vec<Option<FixedValue>> = contract
        .columns
        .iter()
        .map(|column| {
            group
                .partition_values
                .iter()
                .find(|(name, _)| *name == column.name)
                .and_then(|(_, value)| value.as_deref().map(FixedValue::new))
        })
        .collect();
    let facts = FileFacts { name: &file.relative, fixed: &fixed, ingestion_ts: run.ingestion_ts };
    let mut intake = Intake::new(checks, facts, output, rejects);
    let read = read_file(contract, file, &mut intake, &|by| {
        run.reporter.report(Event::TaskAdvanced { task: contract.name.clone(), by });
    })?;
    let Counts { read: rows, accepted, rejected } = intake.finish()?;
    Ok(Loaded {
        processed: Processed {
            path: file.relative.clone(),
            hash: read.content_hash,
            bytes: read.bytes,
            read: rows,
            accepted,
            rejected,
            seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        },
        notes: read.notes,
    })
}

/// No row may be lost or made between a raw file and the commit: checked against what lies on disk.
pub fn balance(contract: &Contract, files: &[Processed], data: &[NewFile], rejected: u64) -> Result<()> {
    let sum = |of: fn(&Processed) -> u64| files.iter().map(of).sum::<u64>();
    let uneven = files.iter().find(|file| file.read != file.accepted + file.rejected);
    if uneven.is_some()
        || sum(|file| file.accepted) != commit::rows(data)
        || sum(|file| file.rejected) != rejected
    {
        return Err(Error::failed(format!(
            "{}: {} rows read, {} accepted and {} written, {} rejected and {} kept; this is a defect of ingot, nothing was loaded",
            contract.name,
            sum(|file| file.read),
            sum(|file| file.accepted),
            commit::rows(data),
            sum(|file| file.rejected),
            rejected,
        )));
    }
    Ok(())
}

pub fn failed_row(run: &Run<'_>, contract: &Contract, path: &str, failure: &FileFailure) -> ManifestRow {
    ManifestRow {
        table: contract.name.clone(),
        path: path.to_owned(),
        content_hash: None,
        bytes: std::fs::metadata(run.raw.join(path)).ok().map(|found| found.len()),
        accepted: 0,
        rejected: 0,
        read: 0,
        run_id: run.id.clone(),
        processed_at: run.ingestion_ts,
        seconds: 0.0,
        error: Some(format!("{}: {}", failure.code, failure.message)),
    }
}

fn report_notes(run: &Run<'_>, contract: &Contract, notes: &BTreeSet<ColumnNotes>) {
    for note in notes {
        if !note.extra.is_empty() {
            let how = match contract.evolution {
                Evolution::Evolve => "add them to the contract to have them loaded",
                _ => "they are left out, as the contract says",
            };
            run.reporter.warn(format!(
                "{}: columns unknown to the contract: {}; {how}",
                contract.name,
                note.extra.join(", ")
            ));
        }
        if !note.missing.is_empty() {
            run.reporter.warn(format!(
                "{}: columns that the files do not have, loaded as null: {}",
                contract.name,
                note.missing.join(", ")
            ));
        }
    }
}

pub fn summaries(
    processed: &[Processed],
    unchanged: &[RawFile],
    failed: &[(RawFile, FileFailure)],
) -> Vec<FileSummary> {
    let blank = |path: &str, status| FileSummary {
        path: path.to_owned(),
        status,
        read: 0,
        accepted: 0,
        rejected: 0,
        bytes: 0,
        seconds: 0.0,
        error: None,
    };
    let mut files: Vec<FileSummary> = processed
        .iter()
        .map(|file| FileSummary {
            read: file.read,
            accepted: file.accepted,
            rejected: file.rejected,
            bytes: file.bytes,
            seconds: file.seconds,
            ..blank(&file.path, FileStatus::Loaded)
        })
        .collect();
    files.extend(unchanged.iter().map(|file| blank(&file.relative, FileStatus::Unchanged)));
    files.extend(failed.iter().map(|(file, failure)| FileSummary {
        error: Some(format!("{}: {}", failure.code, failure.message)),
        ..blank(&file.relative, FileStatus::Failed)
    }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

pub fn detail(summary: &TableSummary) -> String {
    if summary.count(FileStatus::Loaded) == 0 && summary.count(FileStatus::Failed) == 0 {
        return "nothing new".to_owned();
    }
    format!("{} rows, {} rejected", summary.accepted(), summary.rejected())
}
