//! Raw files to the bronze lake: read against their contracts, accepted or rejected row by row, committed
//! once per table, and remembered.
//!
//! [`load`] is the entry. `plan` says what is new; `read` hands rows to `intake`, which checks them (`check`,
//! `parse`) and writes them (`output`, `rejects`); `group` and `table` do that for all files of a table; `commit` makes them true.
//! `evolve` knows how columns come and go, `follow` does the same for a feed that is itself a Delta table with versions.
//! [`replay`] loads corrected rejects, [`status`] and [`open_rejects`] look. docs/guide/bronze.md tells all that to users,
//! docs/reference/reject-codes.md lists the rules and codes.

mod check;
mod commit;
mod evolve;
mod follow;
mod group;
mod intake;
mod lock;
mod manifest;
mod open_rejects;
mod output;
mod parse;
mod plan;
mod read;
mod record;
mod rejects;
mod replay;
mod row_text;
mod shape;
mod status;
mod strays;
mod summary;
mod table;
mod tally;

pub use evolve::{Change, SchemaChange};
pub use open_rejects::{OpenReject, OpenRejects, RejectQuery, open_rejects};
pub use replay::{ReplaySummary, ReplayedFile, replay};
pub use status::{BronzeStatus, Fresh, TableStatus, status};
pub use summary::{FileStatus, FileSummary, LoadSummary, TableSummary};
pub use tally::{ReasonCount, ReasonKey, Sample, Tally};

use ingot_contract::{self, Contract, Format, RawFile};
use ingot_core::error::{Context as _, Error, Result, nearest};
use ingot_core::report::{Event, Reporter};
use lock::lock_lake;
use manifest::Manifest;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;
use table::Run;

/// What to load, from where to where.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// The DuckDB file with the manifest.
    pub manifest: PathBuf,
    /// The folder of the contracts.
    pub schemas: PathBuf,
    /// Feeds to load; all if empty.
    pub tables: Vec<String>,
    /// Reads and checks everything, writes nothing.
    pub dry_run: bool,
    /// Threads; one for each core if 0.
    pub jobs: usize,
    /// The share (0 to 1) of a table's rows that may be rejected; above it nothing of the table is loaded. Of a followed
    /// table each version is judged on its own.
    pub most_rejects: Option<f64>,
}

impl LoadOptions {
    /// All feeds, on all cores, whatever is rejected.
    pub fn new(raw: PathBuf, lake: PathBuf, manifest: PathBuf, schemas: PathBuf) -> Self {
        Self { raw, lake, manifest, schemas, tables: Vec::new(), dry_run: false, jobs: 0, most_rejects: None }
    }
}

const STAGE: &str = "load-bronze";

/// Loads what is new. Files and tables that fail do not stop the others: see [`LoadSummary::failed`].
///
/// # Errors
/// What stops the whole load before it begins: no contracts, no raw data, an unknown feed, a lake that cannot be written,
/// another loader at work, a manifest that cannot be opened.
pub fn load(options: &LoadOptions, reporter: &dyn Reporter) -> Result<LoadSummary> {
    let begun = Instant::now();
    let contracts = chosen(ingot_contract::load_all(&options.schemas)?, &options.tables)?;
    let work = raw_files(&contracts, options)?;
    if options.tables.is_empty() {
        strays::tell(&contracts, &work, options, reporter);
    }
    let _lock = if options.dry_run { None } else { Some(lock_lake(&options.lake)?) };
    let manifest = if options.dry_run { None } else { Some(Mutex::new(Manifest::open(&options.manifest)?)) };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs)
        .thread_name(|index| format!("load-{index}"))
        .build()
        .doing("starting the loader's threads")?;
    let run = new_run(options, reporter, &pool, manifest.as_ref());
    reporter.report(Event::StageStarted {
        stage: STAGE,
        detail: format!("{} feeds from {}", work.len(), options.raw.display()),
    });
    // A thread for each table waits and commits; the work on files is done by the pool.
    let tables: Vec<TableSummary> = std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = work
            .into_iter()
            .map(|(contract, files)| (contract, scope.spawn(move || load_table(run, contract, files))))
            .collect();
        threads
            .into_iter()
            .map(|(contract, thread)| {
                thread
                    .join()
                    .unwrap_or_else(|_| failed_table(contract, "the loader broke; this is a defect of ingot"))
            })
            .collect()
    });
    let summary = LoadSummary {
        run_id: run.id.clone(),
        tables,
        seconds: begun.elapsed().as_secs_f64(),
        dry_run: options.dry_run,
    };
    tell_failures(&summary, reporter);
    if let Some(reasons) = summary.reasons().filter(|_| options.dry_run) {
        reporter.report(Event::Table(reasons));
    }
    reporter.report(Event::Table(summary.table()));
    for table in summary.tables.iter().filter(|table| table.followed && table.read() > 0) {
        reporter.info(format!(
            "  {}: a row is a change of the source: {} new or changed, {} deleted",
            table.table,
            table.accepted() - table.deleted,
            table.deleted
        ));
    }
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: summary.seconds,
        detail: format!(
            "{} rows read = {} accepted + {} rejected",
            summary.read(),
            summary.accepted(),
            summary.rejected()
        ),
    });
    Ok(summary)
}

/// A run that begins now.
fn new_run<'a>(
    options: &'a LoadOptions,
    reporter: &'a dyn Reporter,
    pool: &'a rayon::ThreadPool,
    manifest: Option<&'a Mutex<Manifest>>,
) -> Run<'a> {
    let now = jiff::Timestamp::now();
    Run {
        id: commit::new_run_id(now),
        ingestion_ts: now.as_microsecond(),
        lake: &options.lake,
        raw: &options.raw,
        dry_run: options.dry_run,
        most_rejects: options.most_rejects,
        reporter,
        pool,
        manifest,
    }
}

/// What went wrong, a line for each file or table.
fn tell_failures(summary: &LoadSummary, reporter: &dyn Reporter) {
    let error = |text: String| {
        reporter.report(Event::Message { level: ingot_core::report::Level::Error, text });
    };
    for table in &summary.tables {
        for file in table.files.iter().filter(|file| file.status == FileStatus::Failed) {
            if let Some(reason) = &file.error {
                error(format!("{} was not loaded: {reason}", file.path));
            }
        }
    }
}

fn load_table(run: &Run<'_>, contract: &Contract, files: Vec<RawFile>) -> TableSummary {
    let begun = Instant::now();
    let mut summary = TableSummary {
        table: contract.name.clone(),
        files: files.iter().map(|file| FileSummary::of(&file.relative, FileStatus::Failed)).collect(),
        ..TableSummary::default()
    };
    let outcome = match contract.raw.format {
        Format::Delta => follow::load(run, contract, files, &mut summary),
        _ => table::load(run, contract, files, &mut summary),
    };
    summary.seconds = begun.elapsed().as_secs_f64();
    if let Err(error) = outcome {
        tidy_up(run, contract);
        remember_failure(run, contract, &mut summary, &error);
        run.reporter.error(&error.context(&contract.name));
        run.reporter.report(Event::TaskFinished { task: contract.name.clone(), detail: "failed".to_owned() });
    }
    summary
}

/// Takes away at once what a failed table has written and not committed; what cannot be taken away now, the next run does.
fn tidy_up(run: &Run<'_>, contract: &Contract) {
    let place = run.place(&contract.name);
    if let (false, Ok(table)) = (run.dry_run, place.open()) {
        let known = table.as_ref().map_or_else(|| Ok(record::Known::default()), record::Known::of);
        let _ = known.and_then(|known| commit::heal(&place, table.as_ref(), &known));
    }
}

/// A table that failed as a whole: its files are in the manifest as failed, if that can still be written.
fn remember_failure(run: &Run<'_>, contract: &Contract, summary: &mut TableSummary, error: &Error) {
    let first_line = error.message().to_owned();
    let rows: Vec<manifest::ManifestRow> = summary
        .files
        .iter()
        .filter(|file| file.status == FileStatus::Failed)
        .map(|file| {
            let reason = file.error.clone().unwrap_or_else(|| format!("TABLE_FAILED: {first_line}"));
            manifest::ManifestRow::failed(run, &contract.name, &file.path, reason)
        })
        .collect();
    if let Err(also) = run.record_in_manifest(&rows) {
        run.reporter
            .warn(format!("{}: the failure could not be written to the manifest: {also}", contract.name));
    }
    summary.error = Some(error.to_string());
}

fn failed_table(contract: &Contract, error: &str) -> TableSummary {
    TableSummary { table: contract.name.clone(), error: Some(error.to_owned()), ..TableSummary::default() }
}

fn chosen(contracts: Vec<Contract>, wanted: &[String]) -> Result<Vec<Contract>> {
    for name in wanted {
        if !contracts.iter().any(|contract| contract.name == *name) {
            let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("there are: {}", names.join(", ")),
            };
            return Err(Error::new(format!("no feed is named '{name}'")).hint(hint));
        }
    }
    Ok(contracts
        .into_iter()
        .filter(|contract| wanted.is_empty() || wanted.contains(&contract.name))
        .collect())
}

fn raw_files<'c>(
    contracts: &'c [Contract],
    options: &LoadOptions,
) -> Result<Vec<(&'c Contract, Vec<RawFile>)>> {
    const HINT: &str = "run `ingot generate` for synthetic data, or name the folder with --raw";
    if !options.raw.is_dir() {
        return Err(Error::new("there is no raw data yet: no such folder").at(&options.raw).hint(HINT));
    }
    let mut work = Vec::new();
    for contract in contracts {
        work.push((contract, contract.raw_files(&options.raw)?));
    }
    if work.iter().all(|(_, files)| files.is_empty()) {
        return Err(Error::new("there is no raw data yet: no file in the folder belongs to a feed")
            .at(&options.raw)
            .hint(HINT));
    }
    Ok(work)
}
