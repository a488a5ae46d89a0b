//! Loads one table: groups of new files in parallel, then one commit.

use super::commit::{self, Place};
use super::evolve::{self, Change, SchemaChange};
use super::group::{Form, GroupDone};
use super::intake::FileFailure;
use super::manifest::{Manifest, ManifestRow};
use super::plan::Plan;
use super::record::{CommitRecord, Known, Processed};
use super::rejects::Spool;
use super::summary::{FileStatus, TableSummary, summaries};
use super::tally::Tally;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Event, Reporter, Unit};
use ingot_lake::{Changes, DeltaTable, NewFile};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// What all tables of a run share.
pub struct Run<'a> {
    pub id: String,
    /// Microseconds since 1970.
    pub ingestion_ts: i64,
    pub lake: &'a std::path::Path,
    pub raw: &'a std::path::Path,
    pub dry_run: bool,
    /// The share of a table's rows that may be rejected; above it nothing of the table is loaded.
    pub most_rejects: Option<f64>,
    pub reporter: &'a dyn Reporter,
    pub pool: &'a rayon::ThreadPool,
    /// `None` for a dry run.
    pub manifest: Option<&'a Mutex<Manifest>>,
}

impl Run<'_> {
    /// Does something with the manifest; nothing in a dry run.
    pub fn with_manifest(&self, act: impl FnOnce(&mut Manifest) -> Result<()>) -> Result<()> {
        match self.manifest {
            Some(manifest) => act(&mut manifest.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        }
    }

    pub fn record_in_manifest(&self, rows: &[ManifestRow]) -> Result<()> {
        self.with_manifest(|manifest| manifest.record(rows))
    }

    pub fn place(&self, table: &str) -> Place {
        Place { lake: self.lake.to_path_buf(), table: table.to_owned() }
    }

    /// Refuses a table of which too much was rejected.
    pub fn judge(&self, table: &str, read: u64, rejected: u64) -> Result<()> {
        let share = if read == 0 { 0.0 } else { rejected as f64 / read as f64 };
        match self.most_rejects {
            Some(most) if share > most => Err(Error::new(format!(
                "{table}: REJECT_RATE: {rejected} of {read} rows ({:.2} %) would be rejected, more than the {:.2} % allowed; \
                 nothing of it was loaded",
                share * 100.0,
                most * 100.0
            ))
            .of_kind(Kind::Data)
            .hint("see why with --dry-run; then correct the files or the contract, or allow more with --fail-on-reject-rate")),
            _ => Ok(()),
        }
    }

    pub fn warn_of(&self, table: &str, changes: &[SchemaChange]) {
        for change in changes {
            self.reporter.warn(evolve::sentence(table, change));
        }
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
        run.with_manifest(|manifest| manifest.heal(&place.table, &known).map(drop))?;
    }
    Ok((table, known))
}

/// Loads the new files among `files`. What was found out by the time of an error stands in `summary`.
pub fn load(
    run: &Run<'_>,
    contract: &Contract,
    files: Vec<RawFile>,
    summary: &mut TableSummary,
) -> Result<()> {
    let place = run.place(&contract.name);
    let (table, known) = open_and_heal(run, &place)?;
    summary.version = table.as_ref().map(DeltaTable::version);
    let old_schema = table.as_ref().map(DeltaTable::schema).transpose()?;
    let plan = run.pool.install(|| Plan::make(contract, files, &known));
    summary.files = plan.summaries();
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: plan.bytes(), unit: Unit::Bytes });

    let written = contract;
    let mut changes = evolve::Changes::default();
    let before = evolve::effective(written, old_schema.as_deref());
    let (effective, done) = load_groups(run, written, before, &plan, &place, &mut changes)?;

    let mut record = CommitRecord::new(run, written);
    let mut data = Vec::new();
    let mut failed = plan.failed;
    let mut spools = Vec::new();
    for group in done {
        data.extend(group.data);
        failed.extend(group.failed);
        spools.push(group.rejects);
        for loaded in group.loaded {
            changes.note_file(written, &loaded.processed.path, &loaded.notes);
            record.files.push(loaded.processed);
        }
    }
    for (file, failure) in &failed {
        if let Some(column) = &failure.column {
            changes.note(written, Change::Refused, column, &file.relative);
        }
    }
    summary.reasons = Tally::merged(spools.iter().map(Spool::tally));
    let wanted = effective.lake_schema();
    let schema = match &old_schema {
        Some(old) => evolve::grown(written, old, &wanted, &mut changes)?,
        None => Some(wanted),
    };
    summary.schema_changes = changes.into_vec();
    run.warn_of(&contract.name, &summary.schema_changes);
    let rejected: u64 = spools.iter().map(Spool::count).sum();
    run.judge(&contract.name, record.files.iter().map(|file| file.read).sum(), rejected)?;
    let outcome = summaries(&record.files, &plan.unchanged, &failed);
    if run.dry_run {
        summary.files = outcome;
    } else {
        balance(contract, &record.files, &data, rejected)?;
        record.schema_changes = summary.schema_changes.clone();
        if !record.files.is_empty() {
            let staged = place.rejects(&record.key());
            staged.write(&contract.name, &contract.version, &run.id, spools)?;
            let changes = Changes { add: data, remove: Vec::new(), schema };
            let table =
                commit::commit(&place, table, &effective, changes, std::slice::from_ref(&staged), &record)?;
            // From here on it is true; what remains, the next run would do as well.
            summary.files = outcome;
            summary.version = Some(table.version());
            if rejected > 0 {
                summary.rejects = Some(staged.published_csv().to_path_buf());
            }
            commit::show(&place, &table, &record.key())?;
        } else {
            summary.files = outcome;
        }
        let mut rows: Vec<ManifestRow> = record
            .files
            .iter()
            .map(|file| ManifestRow::loaded(&contract.name, file, &run.id, run.ingestion_ts))
            .collect();
        rows.extend(failed.iter().map(|(file, failure)| failed_row(run, contract, &file.relative, failure)));
        run.with_manifest(|manifest| {
            manifest.record(&rows)?;
            manifest.record_schema_changes(&contract.name, &run.id, run.ingestion_ts, &summary.schema_changes)
        })?;
    }
    run.reporter.report(Event::TaskFinished { task, detail: detail(summary) });
    Ok(())
}

/// Loads the groups; those with columns that are new to the table a second time, with these columns. Returns the contract
/// under which that was done.
fn load_groups(
    run: &Run<'_>,
    written: &Contract,
    before: Contract,
    plan: &Plan,
    place: &Place,
    changes: &mut evolve::Changes,
) -> Result<(Contract, Vec<GroupDone>)> {
    let delta = (!run.dry_run).then(|| place.delta());
    let first = Form::new(run, &before, delta.clone())?;
    let mut done: Vec<GroupDone> = run.pool.install(|| {
        plan.groups
            .par_iter()
            .enumerate()
            .map(|(index, group)| first.load(index, group))
            .collect::<Result<_>>()
    })?;
    let mut found: Vec<(&RawFile, _)> = Vec::new();
    for (group, done) in plan.groups.iter().zip(&done) {
        for loaded in done.loaded.iter().filter(|loaded| !loaded.notes.extra.is_empty()) {
            found.extend(
                group
                    .files
                    .iter()
                    .find(|file| file.relative == loaded.processed.path)
                    .map(|file| (file, &loaded.notes)),
            );
        }
    }
    found.sort_by(|one, other| one.0.cmp(other.0));
    let Some(extended) = evolve::extended(&before, &found) else { return Ok((before, done)) };
    for (file, notes) in found {
        for column in notes.extra.iter().filter(|column| extended.column(column).is_some()) {
            changes.note(&extended, Change::Added, column, &file.relative);
        }
    }
    let second = Form::new(run, &extended, delta)?;
    let again: Vec<(usize, GroupDone)> = run.pool.install(|| {
        done.par_iter()
            .enumerate()
            .filter(|(_, done)| done.loaded.iter().any(|loaded| !loaded.notes.extra.is_empty()))
            .map(|(index, done)| {
                first.discard(done);
                Ok((index, second.load(index, &plan.groups[index])?))
            })
            .collect::<Result<_>>()
    })?;
    for (index, mut group) in again {
        // Columns that an earlier file added are no news in those that come after; the contract's own are.
        for loaded in &mut group.loaded {
            loaded.notes.missing.retain(|column| written.column(column).is_some());
        }
        done[index] = group;
    }
    Ok((extended, done))
}

/// No row may be lost or made between a raw file and the commit: checked against what lies on disk.
pub fn balance(contract: &Contract, files: &[Processed], data: &[NewFile], rejected: u64) -> Result<()> {
    let sum = |of: fn(&Processed) -> u64| files.iter().map(of).sum::<u64>();
    let uneven = files.iter().find(|file| file.read != file.accepted + file.rejected);
    if uneven.is_some()
        || sum(|file| file.accepted) != commit::rows(data)
        || sum(|file| file.rejected) != rejected
    {
        return Err(Error::defect(format!(
            "{}: {} rows read, {} accepted and {} written, {} rejected and {} kept; nothing was loaded",
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
    ManifestRow::failed(run, &contract.name, path, format!("{}: {}", failure.code, failure.message))
}

pub fn detail(summary: &TableSummary) -> String {
    if summary.count(FileStatus::Loaded) == 0 && summary.count(FileStatus::Failed) == 0 {
        return "nothing new".to_owned();
    }
    format!("{} rows, {} rejected", summary.accepted(), summary.rejected())
}
