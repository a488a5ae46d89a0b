//! Follows a source table from version to version.

use super::followed_feed::FollowedFeed;
use super::source_log::SourceLog;
use super::source_reader::not_delta;
use super::step::{Baseline, Step, StepDone};
use crate::commit::{LoadedFiles, ManifestRow, OpenTable, Processed, Run, open_and_heal};
use crate::evolution::{SchemaChange, warn_of};
use crate::read::content_hash;
use crate::read_error::{FileFailure, ReadError};
use crate::rejects::RejectCounts;
use crate::retype::change_types;
use crate::summary::{FileStatus, FileSummary, TableSummary, file_summaries};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::{Event, Unit, noun, verb};
use ingot_lake::DeltaTable;
use ingot_lake::arrow::datatypes::Schema;
use std::path::PathBuf;

/// Follows the source table from the version after the last one that was taken. `summary` holds what was found out by the
/// time of an error.
pub(crate) fn follow_table(
    run: &Run<'_>,
    contract: &Contract,
    sources: Vec<RawFile>,
    summary: &mut TableSummary,
) -> Result<()> {
    summary.followed = true;
    let paths = run.paths(&contract.name);
    let OpenTable { delta: mut table, loaded } = open_and_heal(run, &paths)?;
    summary.version = table.as_ref().map(DeltaTable::version);
    summary.newest_load = loaded.newest.as_ref().map(|(at, _)| *at);
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: 0, unit: Unit::Bytes });
    if sources.len() > 1 {
        let failed: Vec<(RawFile, FileFailure)> =
            sources.iter().map(|source| (source.clone(), several(contract, &sources))).collect();
        for (source, failure) in &failed {
            record_failure(run, contract, source, failure)?;
        }
        summary.files = file_summaries(&[], &[], &failed);
    } else if let Some(source) = sources.first() {
        let retyped = change_types(run, contract, &paths, &mut table)?;
        let feed = FollowedFeed { run, contract, paths: &paths, source };
        let mut follower = Follower { feed, table, schema: retyped.schema, done: Done::default() };
        let outcome = follower.follow(&loaded);
        let Follower { table, done, .. } = follower;
        summary.schema_changes = retyped.changes;
        summary.version = table.as_ref().map(DeltaTable::version).or(summary.version);
        summary.files = file_summaries(&done.processed, &done.unchanged, &[]);
        summary.rejects = done.rejects;
        summary.reasons = RejectCounts::merged(done.reasons.iter());
        warn_of(run.reporter, &contract.name, &done.schema_changes);
        summary.schema_changes.extend(done.schema_changes);
        summary.deleted = done.deleted;
        summary.repeated = done.repeated;
        match outcome.map_err(|stopped| *stopped) {
            Ok(()) => {}
            Err((file, ReadError::File(failure))) => {
                record_failure(run, contract, &file, &failure)?;
                summary.files.extend(file_summaries(&[], &[], &[(file, failure)]));
            }
            Err((file, error)) => {
                summary.files.push(FileSummary::of(&file.relative, FileStatus::Failed));
                return Err(error.into());
            }
        }
    }
    run.reporter.report(Event::TaskFinished { task, detail: summary.detail() });
    Ok(())
}

fn record_failure(run: &Run<'_>, contract: &Contract, file: &RawFile, failure: &FileFailure) -> Result<()> {
    let (raw, reason) = (&run.options.raw, failure.to_string());
    let row = ManifestRow::failed(&run.stamp, raw, &contract.name, &file.relative, reason);
    run.with_manifest(|manifest| manifest.record_files(&[row]))
}

/// The version at which following stopped, and why.
type Stopped = Box<(RawFile, ReadError)>;

/// What following gave so far.
#[derive(Default)]
struct Done {
    processed: Vec<Processed>,
    unchanged: Vec<RawFile>,
    rejects: Option<PathBuf>,
    reasons: Vec<RejectCounts>,
    schema_changes: Vec<SchemaChange>,
    deleted: u64,
    repeated: u64,
}

struct Follower<'a> {
    feed: FollowedFeed<'a>,
    table: Option<DeltaTable>,
    /// The table's columns as they would be: a dry run does not change their types.
    schema: Option<Schema>,
    done: Done,
}

impl Follower<'_> {
    /// Takes every version that was not taken before.
    fn follow(&mut self, loaded: &LoadedFiles) -> Result<(), Stopped> {
        let source = self.feed.source;
        let whole = |failure: FileFailure| Box::new((source.clone(), ReadError::File(failure)));
        let newest = DeltaTable::open(&source.path).map_err(|error| whole(not_delta(&error)))?;
        let next = loaded.source_version.map_or(0, |version| version + 1);
        if newest.version() + 1 < next {
            return Err(whole(replaced()));
        }
        for (file, before) in taken_before(source, loaded) {
            if let Err(failure) = same_as_before(&file, before) {
                return Err(Box::new((file, ReadError::File(failure))));
            }
            self.done.unchanged.push(file);
        }
        let log = SourceLog::of(source);
        let mut baseline = match next.checked_sub(1) {
            None => Baseline::Nothing,
            Some(version) => log.open(version).map_or(Baseline::Bronze, Baseline::Source),
        };
        let mut skipped = None;
        for version in next..newest.version() {
            match log.open(version) {
                Some(snapshot) => baseline = self.step(snapshot, &log, baseline, &mut skipped)?,
                None => {
                    skipped.get_or_insert(version);
                    if !matches!(baseline, Baseline::Nothing) {
                        baseline = Baseline::Bronze;
                    }
                }
            }
        }
        if newest.version() >= next {
            self.step(newest, &log, baseline, &mut skipped)?;
        }
        Ok(())
    }

    /// Takes one version, which the next one is compared with. `skipped` is the first version before it that could not be
    /// read any more.
    fn step(
        &mut self,
        snapshot: DeltaTable,
        log: &SourceLog<'_>,
        baseline: Baseline,
        skipped: &mut Option<u64>,
    ) -> Result<Baseline, Stopped> {
        let version = snapshot.version();
        let feed = self.feed;
        let name = &feed.contract.name;
        if let Some(first) = skipped.take() {
            feed.run.reporter.warn(match baseline {
                Baseline::Nothing => format!(
                    "{name}: the source's log does not go back to version {first}; its version {version} is the first delivery"
                ),
                _ => format!(
                    "{name}: the source's log does not go back to version {first}; its version {version} is compared with bronze as a whole"
                ),
            });
        }
        let file = log.file(version);
        let fail = |error: ReadError| Box::new((file.clone(), error));
        let step = Step::new(feed, version, &file, &snapshot, self.schema.as_ref()).map_err(fail)?;
        self.schema = Some(step.schema().clone());
        let StepDone { processed, rejects, reasons, schema_changes, deleted, repeated } =
            step.take(&snapshot, &baseline, &mut self.table).map_err(fail)?;
        if repeated > 0 {
            feed.run.reporter.warn(format!(
                "{name}: {repeated} {} of the source's version {version} {} a primary key that is there more than \
                 once; all of them are kept",
                noun(repeated, "row"),
                verb(repeated, "has", "have")
            ));
        }
        self.done.processed.push(processed);
        self.done.rejects = rejects.or(self.done.rejects.take());
        self.done.reasons.push(reasons);
        self.done.schema_changes.extend(schema_changes);
        self.done.deleted += deleted;
        self.done.repeated += repeated;
        Ok(Baseline::Source(snapshot))
    }
}

/// The parts of the source's log that were taken, and what they were.
fn taken_before<'l>(
    source: &RawFile,
    loaded: &'l LoadedFiles,
) -> impl Iterator<Item = (RawFile, &'l Processed)> {
    let log = format!("{}/_delta_log/", source.relative);
    loaded.files.iter().filter_map(move |(relative, delivery)| {
        let name = relative.strip_prefix(&log)?;
        let file = RawFile {
            relative: relative.clone(),
            path: source.path.join("_delta_log").join(name),
            path_values: source.path_values.clone(),
        };
        Some((file, &delivery.file))
    })
}

/// A version that was taken must still be the same; otherwise the folder contains another table.
fn same_as_before(file: &RawFile, before: &Processed) -> Result<(), FileFailure> {
    // A checkpoint may be written again, in other bytes.
    if file.relative.contains(".checkpoint.") {
        return Ok(());
    }
    match content_hash(&file.path, &|_| ()) {
        Ok((hash, _)) if hash == before.hash => Ok(()),
        // Logs are cleaned up; a version that is gone cannot be compared.
        Err(failure) if failure.code == "VANISHED" => Ok(()),
        Err(failure) => Err(failure),
        Ok(_) => Err(replaced()),
    }
}

fn replaced() -> FileFailure {
    FileFailure::new(
        "SOURCE_REPLACED",
        "the source is not the table that was followed so far, or is an older copy of it; put that table back, \
         or load the new one as a feed of its own or into another lake (--lake)",
    )
}

fn several(contract: &Contract, sources: &[RawFile]) -> FileFailure {
    let names: Vec<&str> = sources.iter().map(|source| source.relative.as_str()).collect();
    FileFailure::new(
        "SEVERAL_SOURCES",
        format!(
            "a feed follows one Delta table, and the path {} is that of {}: {}",
            contract.raw.path,
            names.len(),
            names.join(", ")
        ),
    )
}
