//! **The order in which a load becomes true**, for append tables, followed Delta tables and replays alike.
//!
//! When [`publish`] is called, rows have been read and checked, and the accepted ones are in data files that nobody sees,
//! because no commit names them. Then:
//!
//! 1. The **reject rate** is checked: too many rejects, and nothing of the table is loaded. (A dry run ends here.)
//! 2. **Conservation** is checked: rows read = rows accepted + rows rejected, compared with what was written.
//! 3. Followed tables rewrite the files whose rows are replaced or deleted.
//! 4. **Rules on the table** are measured on the table as it would become. If one of severity `error` does not hold, nothing of
//!    the table is loaded.
//! 5. **Rejects are staged**: written beside their final names, as `.….inprogress`. Meanwhile the data files are flushed to
//!    the disk, and the next Parquet side is built where nobody sees it.
//! 6. **The commit** to the Delta log.
//! 7. **Publishing**: the rejects get their final names, and the Parquet side is shown.
//! 8. **The manifest** in DuckDB is written.
//! 9. **Old versions** that nobody needs any more are forgotten, now and then.
//!
//! What a kill leaves: before step 6 nothing was loaded, and the next run removes the data files and staged rejects,
//! which it knows by the run in their names. **After step 6 everything is loaded, also if the kill comes between the
//! commit and the manifest**: the commit carries the memory of what was loaded ([`CommitRecord`]), from which the next
//! run does steps 7 and 8 over (`heal`, in the same folder). The table "killed, or power lost" in docs/concepts/architecture.md
//! lists every case, and the tests in `killed.rs` go through them.

use super::commit_record::{CommitRecord, Processed};
use super::delta_commit::commit_to_delta;
use super::heal::leave_whole;
use super::load_manifest::ManifestRow;
use super::loaded_files::LoadedFiles;
use super::old_versions::forget_old_versions;
use super::run::Run;
use super::table_paths::TablePaths;
use crate::intake::RowCounts;
use crate::rejects::StagedRejects;
use crate::table_rules::{Found, RuleResult, check_table_rules};
use ingot_contract::{Contract, Severity};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::fs::make_durable;
use ingot_core::report::{counted, noun, verb};
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{Changes, DeltaTable, LiveFile, MirroredFile, NewFile, NextSide, mirror};
use std::collections::HashSet;
use std::path::PathBuf;

/// What one commit of a table is made of.
pub(crate) struct PreparedCommit<'a> {
    /// The contract with the columns that files or the source added.
    pub(crate) contract: &'a Contract,
    pub(crate) record: CommitRecord,
    /// The rows as they were counted while they were read, without deletions.
    pub(crate) counts: RowCounts,
    /// Rows that a followed source deleted. They count as read in the reject rate.
    pub(crate) deleted: u64,
    /// The data files with the accepted rows.
    pub(crate) added: Vec<NewFile>,
    /// The table's columns, if they changed.
    pub(crate) schema: Option<Schema>,
    /// Rejected rows that are kept until they are staged.
    pub(crate) kept_rejects: u64,
    /// Whether there is anything to commit. If not (all files failed, and there is a table), only the manifest is written.
    pub(crate) has_changes: bool,
    /// Files that were not loaded, for the manifest.
    pub(crate) not_loaded: Vec<ManifestRow>,
    /// Writes the files of the table whose rows this commit replaces or deletes.
    pub(crate) rewrite: Option<RewriteFiles<'a>>,
    /// Writes reject files for the commit of this key.
    pub(crate) stage_rejects: StageRejects<'a>,
}

/// Writes again the files of a table whose rows a commit replaces or deletes.
pub(crate) type RewriteFiles<'a> = Box<dyn FnOnce(&DeltaTable) -> Result<Rewritten> + 'a>;
/// Writes the reject files of the commit with this key.
pub(crate) type StageRejects<'a> = Box<dyn FnOnce(&str) -> Result<Vec<StagedRejects>> + 'a>;

/// Files of a table written again, without or with marks on some of their rows.
#[derive(Default)]
pub(crate) struct Rewritten {
    pub(crate) added: Vec<NewFile>,
    pub(crate) removed: Vec<LiveFile>,
}

/// What came after the commit.
pub(crate) struct Published {
    /// Whether steps 7 and 8 were done as well. If not, the load is true all the same, and the next run does them.
    pub(crate) finished: Result<()>,
    /// What the rules on the table measured.
    pub(crate) rules: Vec<RuleResult>,
}

/// Goes through the order above for one commit. `table` is the table as it is (`None` if there is none yet), and after that
/// as the commit left it.
///
/// # Errors
/// Whatever fails up to and including the commit: nothing of it was loaded then.
pub(crate) fn publish(
    run: &Run<'_>,
    paths: &TablePaths,
    table: &mut Option<DeltaTable>,
    prepared: PreparedCommit<'_>,
) -> Result<Published> {
    let counts = prepared.counts;
    check_reject_rate(
        run.options.most_rejects,
        &paths.table,
        counts.read + prepared.deleted,
        counts.rejected,
    )?;
    if run.options.dry_run {
        if !prepared.contract.table_rules.is_empty() {
            let count = prepared.contract.table_rules.len() as u64;
            run.reporter.info(format!(
                "{}: {} on the table {} not measured in a dry run",
                paths.table,
                counted(count, "rule"),
                verb(count, "is", "are")
            ));
        }
        return Ok(Published { finished: Ok(()), rules: Vec::new() });
    }
    check_conservation(&paths.table, counts, &prepared.record.files, &prepared.added, prepared.kept_rejects)?;
    let PreparedCommit {
        contract,
        record,
        mut added,
        schema,
        has_changes,
        not_loaded,
        rewrite,
        stage_rejects,
        ..
    } = prepared;
    if !has_changes {
        let finished =
            run.with_manifest(|manifest| manifest.record_commit(&paths.table, &record, &not_loaded));
        return Ok(Published { finished, rules: Vec::new() });
    }
    let rewritten = match (rewrite, &*table) {
        (Some(rewrite), Some(table)) => rewrite(table)?,
        _ => Rewritten::default(),
    };
    if let Some(table) = &*table {
        table.refuse_damaged(&rewritten.removed)?;
    }
    added.extend(rewritten.added);
    run.options.interrupt.check()?;
    let Found(rules) =
        check_rules(run, paths, contract, table.as_ref(), &added, &rewritten.removed, &record)?;
    let changes = Changes { add: added, remove: rewritten.removed, schema };
    let columns = columns_of(contract, table.as_ref(), &changes)?;
    let (rejects, side) = stage(paths, table.as_ref(), &changes, &columns, || stage_rejects(&record.key()))?;
    let committed = match commit_to_delta(paths, table.take(), contract, changes, &record) {
        Ok(committed) => committed,
        Err(error) => {
            side.into_iter().for_each(NextSide::give_up);
            return Err(error);
        }
    };
    // From here on the load is true. What remains, the next run would do as well.
    let finished = show(paths, &committed, &rejects, side).and_then(|()| {
        run.with_manifest(|manifest| {
            manifest.record_commit(&paths.table, &record, &not_loaded)?;
            if record.replayed.is_empty() {
                return Ok(());
            }
            // Replayed rows change the counts of files that earlier commits loaded, which only the log can sum up.
            manifest.heal(&paths.table, &*LoadedFiles::of(&committed)?)
        })
    });
    if finished.is_ok() {
        leave_whole(run, paths, &committed);
    }
    if let Err(error) = forget_old_versions(&committed, contract.lake_keep_hours) {
        run.reporter.warn(format!("old versions of {} stay: {error}", paths.table));
    }
    *table = Some(committed);
    Ok(Published { finished, rules })
}

/// Forces what the commit will name to the disk. Rejects are written and the next Parquet side is built meanwhile: all of it
/// takes long for a table of many partitions. There is no side if it could not be built; [`show`] then tries again and
/// says why.
fn stage(
    paths: &TablePaths,
    table: Option<&DeltaTable>,
    changes: &Changes,
    columns: &Schema,
    stage_rejects: impl FnOnce() -> Result<Vec<StagedRejects>>,
) -> Result<(Vec<StagedRejects>, Option<NextSide>)> {
    let delta = paths.delta();
    let removed: HashSet<&str> = changes.remove.iter().map(|file| file.relative.as_str()).collect();
    let mut files = Vec::new();
    for file in table.map(DeltaTable::files).transpose()?.unwrap_or_default() {
        if !removed.contains(file.relative.as_str()) {
            files.push(MirroredFile::of_live(&file));
        }
    }
    files.extend(changes.add.iter().map(|file| MirroredFile::of_new(file, &delta)));
    let added: Vec<PathBuf> = changes.add.iter().map(|file| delta.join(&file.relative)).collect();
    let flush = || make_durable(&added, &paths.lake);
    // A thread of its own, because one of the pool would begin to load another table while it waits.
    let (flushed, rejects, side) = std::thread::scope(|scope| {
        let flushing = std::thread::Builder::new().name("flush".to_owned()).spawn_scoped(scope, flush);
        let rejects = stage_rejects();
        let side = NextSide::plan(files, columns, &paths.parquet()).ok().and_then(built);
        let flushed = match flushing {
            Ok(flushing) => flushing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => flush(),
        };
        (flushed, rejects, side)
    });
    let staged = flushed.and(rejects).and_then(|rejects| {
        let written: Vec<PathBuf> = rejects.iter().flat_map(StagedRejects::written).collect();
        make_durable(&written, &paths.lake).map(|()| rejects)
    });
    match staged {
        Ok(rejects) => Ok((rejects, side)),
        Err(error) => {
            side.into_iter().for_each(NextSide::give_up);
            Err(error)
        }
    }
}

/// The columns that the table has after the commit.
fn columns_of(contract: &Contract, table: Option<&DeltaTable>, changes: &Changes) -> Result<Schema> {
    match (&changes.schema, table) {
        (Some(columns), _) => Ok(columns.clone()),
        (None, Some(table)) => Ok(table.schema()?.as_ref().clone()),
        (None, None) => Ok(contract.lake_schema()),
    }
}

fn built(side: NextSide) -> Option<NextSide> {
    match side.build() {
        Ok(()) => Some(side),
        Err(_) => {
            side.give_up();
            None
        }
    }
}

/// Publishes what is committed: reject files and the Parquet side.
fn show(
    paths: &TablePaths,
    table: &DeltaTable,
    rejects: &[StagedRejects],
    side: Option<NextSide>,
) -> Result<()> {
    rejects.iter().try_for_each(StagedRejects::publish)?;
    match side {
        Some(side) => side.show(),
        None => mirror(&table.files()?, &*table.schema()?, &paths.parquet()),
    }
    .map(drop)
}

/// Measures the rules on the table as the commit would leave it. Those that only warn are reported.
fn check_rules(
    run: &Run<'_>,
    paths: &TablePaths,
    contract: &Contract,
    table: Option<&DeltaTable>,
    added: &[NewFile],
    removed: &[LiveFile],
    record: &CommitRecord,
) -> Result<Found> {
    // A table that is only made, because there was nothing to load, cannot break a rule on what is loaded.
    let is_only_made = table.is_none() && record.files.is_empty() && added.is_empty();
    if contract.table_rules.is_empty() || is_only_made {
        return Ok(Found::default());
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for file in table.map(DeltaTable::files).transpose()?.unwrap_or_default() {
        if !removed.iter().any(|other| other.relative == file.relative) {
            files.push(file.path);
        }
    }
    files.extend(added.iter().map(|file| paths.delta().join(&file.relative)));
    let loaded = record.files.iter().map(|file| file.path.as_str());
    let replayed = record.replayed.iter().map(|replayed| replayed.file.as_str());
    let delivered: Vec<&str> = loaded.chain(replayed).collect();
    let found = check_table_rules(contract, &files, &delivered)?;
    found.refuse()?;
    for message in found.broken(Severity::Warning) {
        run.reporter.warn(format!("{}: {message}", paths.table));
    }
    Ok(found)
}

/// Refuses a table of which too many rows were rejected.
pub(crate) fn check_reject_rate(most: Option<f64>, table: &str, read: u64, rejected: u64) -> Result<()> {
    let share = if read == 0 { 0.0 } else { rejected as f64 / read as f64 };
    match most {
        Some(most) if share > most => Err(Error::new(format!(
            "{table}: REJECT_RATE: {rejected} of {read} {} ({:.2} %) would be rejected, more than the {:.2} % allowed; \
             nothing of it was loaded",
            noun(read, "row"),
            share * 100.0,
            most * 100.0
        ))
        .of_kind(Kind::Data)
        .hint(
            "see why with --dry-run; then correct the files or the contract, or allow more with --fail-on-reject-rate",
        )),
        _ => Ok(()),
    }
}

/// No row may be lost or made up between a raw file and the commit: what was counted while reading is compared with what
/// was written.
pub(crate) fn check_conservation(
    table: &str,
    counts: RowCounts,
    files: &[Processed],
    added: &[NewFile],
    kept: u64,
) -> Result<()> {
    let RowCounts { read, accepted, rejected } = counts;
    let written: u64 = added.iter().map(|file| file.rows).sum();
    let files_add_up = files.iter().all(|file| file.read == file.accepted + file.rejected);
    if files_add_up && read == accepted + rejected && accepted == written && rejected == kept {
        return Ok(());
    }
    Err(Error::defect(format!(
        "{table}: {read} rows read, {accepted} accepted and {written} written, {rejected} rejected and {kept} kept; nothing was loaded"
    )))
}
