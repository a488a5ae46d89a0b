//! A feed that is itself a Delta table with versions (`returns`): bronze follows it version by version, one
//! commit for each. Rows are told apart by the contract's primary key: new and changed ones are upserted, those that vanish stay
//! as tombstones (`is_deleted`, `deleted_at`), and a column is added in the version in which the source first has it. So
//! bronze's own history lets one travel as the source's does.
//!
//! What counts as the raw file of a version is its commit in the source's log. Rows that a version merely
//! carries over from one file to another are not read rows: nothing happened to them.
//!
//! A source whose log was cleaned so far that the next version cannot be told from the last one that is in is
//! compared as a whole with bronze instead, in one commit: nothing is lost but the versions between.

mod changes;
mod rewrite;
mod step;

use super::commit::Place;
use super::evolve::SchemaChange;
use super::intake::{FileFailure, Stop};
use super::read::content_hash;
use super::record::{Known, Processed};
use super::summary::{FileStatus, FileSummary, TableSummary, summaries};
use super::table::{Run, detail, failed_row, open_and_heal};
use super::tally::Tally;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Unit};
use ingot_lake::{DeltaTable, LiveFile};
use step::{Before, Step, StepDone};

/// Follows the source table from the version after the last one that is in. What was found out by the time of an error stands in
/// `summary`.
pub fn load(
    run: &Run<'_>,
    contract: &Contract,
    sources: Vec<RawFile>,
    summary: &mut TableSummary,
) -> Result<()> {
    summary.followed = true;
    let place = run.place(&contract.name);
    let (table, known) = open_and_heal(run, &place)?;
    summary.version = table.as_ref().map(DeltaTable::version);
    let task = contract.name.clone();
    run.reporter.report(Event::TaskStarted { task: task.clone(), total: 0, unit: Unit::Bytes });
    if let Some(source) = sources.first() {
        let mut follower = Follower { run, contract, place, source, table, done: Done::default() };
        let outcome = follower.follow(&known);
        let Follower { table, done, .. } = follower;
        summary.version = table.as_ref().map(DeltaTable::version).or(summary.version);
        summary.files = summaries(&done.processed, &done.unchanged, &[]);
        summary.rejects = done.rejects;
        summary.reasons = Tally::merged(done.tallies.iter());
        summary.schema_changes = done.schema_changes;
        summary.deleted = done.deleted;
        run.warn_of(&contract.name, &summary.schema_changes);
        match outcome {
            Ok(()) => {}
            Err(stopped) => match *stopped {
                (file, Stop::File(failure)) => {
                    run.record_in_manifest(&[failed_row(run, contract, &file.relative, &failure)])?;
                    summary.files.extend(summaries(&[], &[], &[(file, failure)]));
                }
                (file, Stop::Output(error)) => {
                    summary.files.push(FileSummary::of(&file.relative, FileStatus::Failed));
                    return Err(error);
                }
            },
        }
    }
    run.reporter.report(Event::TaskFinished { task, detail: detail(summary) });
    Ok(())
}

/// The version at which following stopped, and why.
type Stopped = Box<(RawFile, Stop)>;

/// What following gave so far.
#[derive(Default)]
struct Done {
    processed: Vec<Processed>,
    unchanged: Vec<RawFile>,
    rejects: Option<std::path::PathBuf>,
    tallies: Vec<Tally>,
    schema_changes: Vec<SchemaChange>,
    deleted: u64,
}

struct Follower<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    place: Place,
    source: &'a RawFile,
    table: Option<DeltaTable>,
    done: Done,
}

impl Follower<'_> {
    /// Takes every version that is not in.
    fn follow(&mut self, known: &Known) -> Result<(), Stopped> {
        let source = self.source;
        let whole = |failure: FileFailure| Box::new((source.clone(), Stop::File(failure)));
        let newest = DeltaTable::open(&source.path).map_err(|error| whole(broken(&error)))?;
        let next = known.source_version.map_or(0, |version| version + 1);
        if newest.version() + 1 < next {
            return Err(whole(replaced()));
        }
        for version in 0..next {
            let file = version_file(source, version);
            if let Err(failure) = same_as_before(&file, known) {
                return Err(Box::new((file, Stop::File(failure))));
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
            self.run.reporter.warn(format!(
                "{}: the source's log does not go back to version {next}; its version {} is compared with bronze as a whole",
                self.contract.name,
                newest.version()
            ));
            let version = newest.version();
            return self.step(newest, version, Before::Bronze).map(drop);
        };
        for version in next..=newest.version() {
            let snapshot = DeltaTable::open_at(&source.path, version)
                .map_err(|error| Box::new((version_file(source, version), broken(&error).into())))?;
            before = self.step(snapshot, version, Before::Files(before))?;
        }
        Ok(())
    }

    /// Takes one version; returns its files.
    fn step(&mut self, snapshot: DeltaTable, version: u64, before: Before) -> Result<Vec<LiveFile>, Stopped> {
        let file = version_file(self.source, version);
        let fail = |stop: Stop| Box::new((file.clone(), stop));
        let after = snapshot.files().map_err(|error| fail(broken(&error).into()))?;
        let step = Step::new(
            self.run,
            self.contract,
            &self.place,
            self.source,
            version,
            &file,
            &snapshot,
            &self.table,
        )
        .map_err(fail)?;
        let StepDone { processed, rejects, tally, schema_changes, deleted } =
            step.take(&snapshot, &before, &after, &mut self.table).map_err(fail)?;
        self.done.processed.push(processed);
        self.done.rejects = rejects.or(self.done.rejects.take());
        self.done.tallies.push(tally);
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
    let Some(before) = known.files.get(&file.relative) else { return Ok(()) };
    match content_hash(&file.path, &|_| ()) {
        Ok((hash, _)) if hash == before.file.hash => Ok(()),
        // Logs are cleaned; a version that is gone cannot be compared.
        Err(failure) if failure.code == "VANISHED" => Ok(()),
        Err(failure) => Err(failure),
        Ok(_) => Err(replaced()),
    }
}

fn replaced() -> FileFailure {
    FileFailure::new(
        "SOURCE_REPLACED",
        "the source is not the table that was followed so far, or an older copy of it; put that table back, \
         or load the new one as a feed of its own or into another lake (--lake)",
    )
}

fn broken(error: &Error) -> FileFailure {
    FileFailure::new("NOT_A_DELTA_TABLE", error.to_string())
}
