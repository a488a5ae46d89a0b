//! Follows a source table from version to version.

use super::followed_feed::FollowedFeed;
use super::step::{Baseline, Step, StepDone};
use crate::commit::{LoadedFiles, ManifestRow, OpenTable, Processed, Run, open_and_heal};
use crate::evolution::{SchemaChange, warn_of};
use crate::read::content_hash;
use crate::read_error::{FileFailure, ReadError};
use crate::rejects::RejectCounts;
use crate::summary::{FileStatus, FileSummary, TableSummary, file_summaries};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Unit};
use ingot_lake::{DeltaTable, LiveFile};
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
    let OpenTable { delta: table, loaded } = open_and_heal(run, &paths)?;
    summary.version = table.as_ref().map(DeltaTable::version);
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: 0, unit: Unit::Bytes });
    if let Some(source) = sources.first() {
        let feed = FollowedFeed { run, contract, paths: &paths, source };
        let mut follower = Follower { feed, table, done: Done::default() };
        let outcome = follower.follow(&loaded);
        let Follower { table, done, .. } = follower;
        summary.version = table.as_ref().map(DeltaTable::version).or(summary.version);
        summary.files = file_summaries(&done.processed, &done.unchanged, &[]);
        summary.rejects = done.rejects;
        summary.reasons = RejectCounts::merged(done.reasons.iter());
        summary.schema_changes = done.schema_changes;
        summary.deleted = done.deleted;
        warn_of(run.reporter, &contract.name, &summary.schema_changes);
        match outcome.map_err(|stopped| *stopped) {
            Ok(()) => {}
            Err((file, ReadError::File(failure))) => {
                let (raw, reason) = (&run.options.raw, failure.to_string());
                let row = ManifestRow::failed(&run.stamp, raw, &contract.name, &file.relative, reason);
                run.with_manifest(|manifest| manifest.record_files(&[row]))?;
                summary.files.extend(file_summaries(&[], &[], &[(file, failure)]));
            }
            Err((file, ReadError::Output(error))) => {
                summary.files.push(FileSummary::of(&file.relative, FileStatus::Failed));
                return Err(error);
            }
        }
    }
    run.reporter.report(Event::TaskFinished { task, detail: summary.detail() });
    Ok(())
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
}

struct Follower<'a> {
    feed: FollowedFeed<'a>,
    table: Option<DeltaTable>,
    done: Done,
}

impl Follower<'_> {
    /// Takes every version that was not taken before.
    fn follow(&mut self, loaded: &LoadedFiles) -> Result<(), Stopped> {
        let source = self.feed.source;
        let whole = |failure: FileFailure| Box::new((source.clone(), ReadError::File(failure)));
        let newest = DeltaTable::open(&source.path).map_err(|error| whole(broken(&error)))?;
        let next = loaded.source_version.map_or(0, |version| version + 1);
        if newest.version() + 1 < next {
            return Err(whole(replaced()));
        }
        for version in 0..next {
            let file = version_file(source, version);
            if let Err(failure) = same_as_before(&file, loaded) {
                return Err(Box::new((file, ReadError::File(failure))));
            }
            self.done.unchanged.push(file);
        }
        if next > newest.version() {
            return Ok(());
        }
        let before = match next.checked_sub(1) {
            None => Some(Vec::new()),
            Some(version) => files_at(source, version),
        };
        let gap = (next..newest.version()).any(|version| !version_file(source, version).path.is_file());
        let Some(mut before) = before.filter(|_| !gap) else {
            let version = newest.version();
            self.feed.run.reporter.warn(format!(
                "{}: the source's log does not go back to version {next}; its version {version} is compared with bronze as a whole",
                self.feed.contract.name,
            ));
            return self.step(newest, version, Baseline::Bronze).map(drop);
        };
        for version in next..=newest.version() {
            let snapshot = DeltaTable::open_at(&source.path, version)
                .map_err(|error| Box::new((version_file(source, version), broken(&error).into())))?;
            before = self.step(snapshot, version, Baseline::Files(before))?;
        }
        Ok(())
    }

    /// Takes one version; returns its files.
    fn step(
        &mut self,
        snapshot: DeltaTable,
        version: u64,
        baseline: Baseline,
    ) -> Result<Vec<LiveFile>, Stopped> {
        let file = version_file(self.feed.source, version);
        let fail = |error: ReadError| Box::new((file.clone(), error));
        let after = snapshot.files().map_err(|error| fail(broken(&error).into()))?;
        let step = Step::new(self.feed, version, &file, &snapshot, self.table.as_ref()).map_err(fail)?;
        let StepDone { processed, rejects, reasons, schema_changes, deleted } =
            step.take(&snapshot, &baseline, &after, &mut self.table).map_err(fail)?;
        self.done.processed.push(processed);
        self.done.rejects = rejects.or(self.done.rejects.take());
        self.done.reasons.push(reasons);
        self.done.schema_changes.extend(schema_changes);
        self.done.deleted += deleted;
        Ok(after)
    }
}

/// The files of an earlier version; `None` if its log or one of its files is gone.
fn files_at(source: &RawFile, version: u64) -> Option<Vec<LiveFile>> {
    let files = DeltaTable::open_at(&source.path, version).and_then(|table| table.files()).ok()?;
    files.iter().all(|file| file.path.is_file()).then_some(files)
}

/// The log entry of a version, which is its raw file in the manifest.
fn version_file(source: &RawFile, version: u64) -> RawFile {
    let name = format!("_delta_log/{version:020}.json");
    RawFile {
        relative: format!("{}/{name}", source.relative),
        path: source.path.join(name),
        path_values: source.path_values.clone(),
    }
}

/// A version that was taken must still be the same; otherwise the folder contains another table.
fn same_as_before(file: &RawFile, loaded: &LoadedFiles) -> Result<(), FileFailure> {
    let Some(before) = loaded.files.get(&file.relative) else { return Ok(()) };
    match content_hash(&file.path, &|_| ()) {
        Ok((hash, _)) if hash == before.file.hash => Ok(()),
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

fn broken(error: &Error) -> FileFailure {
    FileFailure::new("NOT_A_DELTA_TABLE", error.to_string())
}
