//! Raw files to the bronze lake: read against their contracts, accepted or rejected row by row, committed
//! once per table, and remembered.
//!
//! [`load`] is the entry. `plan` says what is new; `read` hands rows to `intake`, which checks them (`check`,
//! `parse`) and writes them (`output`, `rejects`); `commit` makes them true. `follow` does the same for a feed
//! that is itself a Delta table with versions. docs/reject-codes.md lists the rules and codes.

mod check;
mod commit;
mod follow;
mod intake;
mod lock;
mod manifest;
mod output;
mod parse;
mod plan;
mod read;
mod record;
mod rejects;
mod shape;
mod summary;
mod table;

pub use summary::{FileStatus, FileSummary, LoadSummary, TableSummary};

use crate::contract::{self, Contract, Format, RawFile};
use crate::error::{Context as _, Error, Result, nearest};
use crate::report::{Event, Reporter};
use lock::Lock;
use manifest::Manifest;
use std::collections::HashSet;
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
}

const STAGE: &str = "load-bronze";

/// Warns of files in the raw folder that lie where no contract looks for them: they are not loaded, and that should
/// not go unnoticed. What begins with `.` or `_`, a README and `samples/` are not data.
fn tell_strays(
    contracts: &[Contract],
    work: &[(&Contract, Vec<RawFile>)],
    options: &LoadOptions,
    reporter: &dyn Reporter,
) {
    let known: HashSet<&str> =
        work.iter().flat_map(|(_, files)| files).map(|file| file.relative.as_str()).collect();
    let tables: Vec<&str> = contracts
        .iter()
        .filter(|contract| contract.raw.format == Format::Delta)
        .map(|contract| contract.raw.path.as_str())
        .collect();
    let not_data = |name: &str| name.starts_with(['.', '_']) || name == "samples" || name == "README.md";
    let mut strays: Vec<String> = walkdir::WalkDir::new(&options.raw)
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| !entry.file_name().to_str().is_some_and(not_data))
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .filter_map(|entry| {
            let inside = entry.path().strip_prefix(&options.raw).ok()?;
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            Some(parts.join("/"))
        })
        .filter(|file| !known.contains(file.as_str()))
        .filter(|file| {
            !tables.iter().any(|table| file.strip_prefix(table).is_some_and(|rest| rest.starts_with('/')))
        })
        .collect();
    strays.sort();
    if let Some(first) = strays.first() {
        reporter.warn(format!(
            "{} in {} where no contract looks for data, so not loaded: {first}{}",
            if strays.len() == 1 { "a file lies".to_owned() } else { format!("{} files lie", strays.len()) },
            options.raw.display(),
            if strays.len() == 1 { "" } else { ", ..." }
        ));
    }
}

/// Loads what is new. Files and tables that fail do not stop the others: see [`LoadSummary::failed`].
///
/// # Errors
/// What stops the whole load before it begins: no contracts, no raw data, an unknown feed, a lake that cannot be written,
/// another loader at work, a manifest that cannot be opened.
pub fn load(options: &LoadOptions, reporter: &dyn Reporter) -> Result<LoadSummary> {
    let begun = Instant::now();
    let contracts = chosen(contract::load_all(&options.schemas)?, &options.tables)?;
    let work = raw_files(&contracts, options)?;
    if options.tables.is_empty() {
        tell_strays(&contracts, &work, options, reporter);
    }
    let _lock = if options.dry_run { None } else { Some(Lock::take(&options.lake)?) };
    let manifest = if options.dry_run { None } else { Some(Mutex::new(Manifest::open(&options.manifest)?)) };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs)
        .thread_name(|index| format!("load-{index}"))
        .build()
        .doing("starting the loader's threads")?;
    let now = jiff::Timestamp::now();
    let run = Run {
        id: commit::new_run_id(now),
        ingestion_ts: now.as_microsecond(),
        lake: &options.lake,
        raw: &options.raw,
        dry_run: options.dry_run,
        reporter,
        pool: &pool,
        manifest: manifest.as_ref(),
    };
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
    for table in &summary.tables {
        for file in table.files.iter().filter(|file| file.status == FileStatus::Failed) {
            reporter.report(Event::Message {
                level: crate::report::Level::Error,
                text: format!("{} was not loaded: {}", file.path, file.error.as_deref().unwrap_or_default()),
            });
        }
    }
    reporter.report(Event::Table(summary.table()));
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

fn load_table(run: &Run<'_>, contract: &Contract, files: Vec<RawFile>) -> TableSummary {
    let outcome = match contract.raw.format {
        Format::Delta => follow::load(run, contract, files),
        _ => table::load(run, contract, files),
    };
    outcome.unwrap_or_else(|error| {
        run.reporter.report(Event::Message {
            level: crate::report::Level::Error,
            text: format!("{} was not loaded: {error}", contract.name),
        });
        failed_table(contract, &error.to_string())
    })
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
