//! Loads one table of raw files: groups of new files in parallel, then one commit.

use super::known_files::KnownFiles;
use super::plan::{Group, Plan};
use super::read_groups::{ReadGroups, columns_after};
use super::same_content::{Decided, decide, tell_skipped, warn_of_copies};
use super::table_loader::{GroupDone, TableLoader};
use super::untouched::without_outdated;
use crate::commit::{CommitRecord, ManifestRow, OpenTable, PreparedCommit, Run, open_and_heal, publish};
use crate::evolution::{Change, SchemaChanges, effective_contract, extended_by_files, warn_of};
use crate::rejects::tell_of_rest;
use crate::retype::{Retyped, change_types};
use crate::summary::{TableSummary, file_summaries};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::{Event, Unit};
use ingot_lake::DeltaTable;
use rayon::prelude::*;
use std::path::PathBuf;

/// Loads the new files among `files`. `summary` holds what was found out by the time of an error.
pub(super) fn load_table(
    run: &Run<'_>,
    contract: &Contract,
    files: Vec<RawFile>,
    summary: &mut TableSummary,
) -> Result<()> {
    let paths = run.paths(&contract.name);
    let OpenTable { mut delta, loaded } =
        without_outdated(run, contract, &paths, open_and_heal(run, &paths)?)?;
    summary.version = delta.as_ref().map(DeltaTable::version);
    summary.newest_load = loaded.newest.as_ref().map(|(at, _)| *at);
    let interrupt = &run.options.interrupt;
    let mut known = KnownFiles::of(&paths.lake, &paths.table);
    let mut plan = run.pool.install(|| Plan::make(contract, files, &loaded, &mut known, interrupt))?;
    summary.files = plan.summaries();
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: plan.bytes(), unit: Unit::Bytes });

    let Retyped { schema: old_schema, changes: type_changes } =
        change_types(run, contract, &paths, &mut delta)?;
    let mut changes = SchemaChanges::default();
    let before = effective_contract(contract, old_schema.as_ref());
    let folder = (!run.options.dry_run).then(|| paths.delta());
    let (effective, groups) = load_groups(run, contract, before, &plan.groups, folder, &mut changes)?;

    let read = ReadGroups::of(groups, std::mem::take(&mut plan.failed), contract, &mut changes);
    summary.reasons = read.reasons();
    let kept_rejects = read.kept_rejects();
    let ReadGroups { loaded: files, mut failed, data: added, rejects, counts } = read;
    let mut record = CommitRecord { files, ..CommitRecord::new(&run.stamp, contract) };
    let Decided { skipped, empty, failed: refused } = decide(contract, &plan.copies, &record.files);
    record.files.extend(empty);
    failed.extend(refused);
    tell_skipped(run.reporter, &contract.name, &skipped);
    warn_of_copies(run.reporter, contract, &record.files, &loaded);
    let schema = columns_after(
        contract,
        &effective,
        old_schema.as_ref(),
        &plan.groups,
        &failed,
        &mut changes,
        run.reporter,
    )?;
    // A table that is only made, because nothing could be loaded, has the contract's columns, and none that a file had besides.
    let is_only_made = delta.is_none() && record.files.is_empty();
    let (effective, schema) = match is_only_made {
        true => (contract, None),
        false => (&effective, schema),
    };
    record.schema_changes = changes.into_vec();
    warn_of(run.reporter, &contract.name, &record.schema_changes);
    summary.schema_changes = type_changes;
    summary.schema_changes.extend_from_slice(&record.schema_changes);

    let skipped_rows = skipped.iter().map(|copy| {
        let (raw, reason) = (&run.options.raw, format!("it has the same content as {}", copy.original));
        ManifestRow::skipped(&run.stamp, raw, &contract.name, &copy.file.relative, reason)
    });
    plan.unchanged.extend(skipped.iter().map(|copy| copy.file.clone()));
    let outcome = file_summaries(&record.files, &plan.unchanged, &failed);
    let to_remember: Vec<(String, String)> = match run.options.dry_run {
        true => Vec::new(),
        false => record.files.iter().map(|file| (file.path.clone(), file.hash.clone())).collect(),
    };
    let staged = paths.rejects(&record.key());
    let rejects_csv = (counts.rejected > 0).then(|| staged.published_csv().to_path_buf());
    let raw_bytes = record.files.iter().filter(|file| file.rejected > 0).map(|file| file.bytes).sum();
    let prepared = PreparedCommit {
        contract: effective,
        counts,
        deleted: 0,
        added,
        schema,
        kept_rejects,
        has_changes: !record.files.is_empty() || is_only_made,
        not_loaded: failed
            .iter()
            .map(|(file, failure)| {
                let (raw, reason) = (&run.options.raw, failure.to_string());
                ManifestRow::failed(&run.stamp, raw, &contract.name, &file.relative, reason)
            })
            .chain(skipped_rows)
            .collect(),
        rewrite: None,
        stage_rejects: Box::new(|_| {
            let written =
                staged.write(&contract.name, &contract.version, &run.stamp.id, raw_bytes, rejects)?;
            tell_of_rest(run.reporter, &contract.name, written);
            Ok(vec![staged])
        }),
        record,
    };
    let published = publish(run, &paths, &mut delta, prepared)?;
    summary.rules = published.rules;
    summary.files = outcome;
    if !run.options.dry_run {
        summary.version = delta.as_ref().map(DeltaTable::version);
        summary.rejects = rejects_csv;
        for (path, hash) in to_remember {
            if let Ok(found) = std::fs::metadata(run.options.raw.join(&path)) {
                known.remember(&path, &found, &hash);
            }
        }
        known.save();
    }
    published.finished?;
    run.reporter.report(Event::TaskFinished { task, detail: summary.detail() });
    Ok(())
}

/// Loads the groups; those with columns that are new to the table a second time, with these columns. Returns the contract
/// under which that was done. Data files are written below `folder`, or nowhere.
pub(crate) fn load_groups(
    run: &Run<'_>,
    written: &Contract,
    before: Contract,
    groups: &[Group],
    folder: Option<PathBuf>,
    changes: &mut SchemaChanges,
) -> Result<(Contract, Vec<GroupDone>)> {
    let first = TableLoader::new(run, &before, folder.clone())?;
    // Each group can be taken by another core until it is begun: of a whole stretch of them the last would be left to one.
    let mut done: Vec<GroupDone> = run.pool.install(|| {
        groups
            .par_iter()
            .with_max_len(1)
            .enumerate()
            .map(|(index, group)| first.load(index, group))
            .collect::<Result<_>>()
    })?;
    let mut found: Vec<(&RawFile, _)> = Vec::new();
    for (group, done) in groups.iter().zip(&done) {
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
    let Some(extended) = extended_by_files(&before, &found) else { return Ok((before, done)) };
    for (file, notes) in found {
        for (_, column) in notes.extra.iter().filter_map(|name| extended.column_in_file(name)) {
            changes.note(&extended, Change::Added, &column.name, &file.relative);
        }
    }
    let second = TableLoader::new(run, &extended, folder)?;
    let again: Vec<(usize, GroupDone)> = run.pool.install(|| {
        done.par_iter()
            .with_max_len(1)
            .enumerate()
            .filter(|(_, done)| done.loaded.iter().any(|loaded| !loaded.notes.extra.is_empty()))
            .map(|(index, done)| {
                first.discard(done);
                Ok((index, second.load(index, &groups[index])?))
            })
            .collect::<Result<_>>()
    })?;
    for (index, mut group) in again {
        // That a later file lacks a column which an earlier file added is not worth a note; only the contract's own are.
        for loaded in &mut group.loaded {
            loaded.notes.missing.retain(|column| written.column(column).is_some());
        }
        done[index] = group;
    }
    Ok((extended, done))
}
