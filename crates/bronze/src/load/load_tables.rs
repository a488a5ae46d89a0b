//! The load of all feeds: a thread for each table, and a summary.

use super::load_table::load_table;
use crate::commit::{ManifestRow, Run, clean_up, loader_threads};
use crate::follow::follow_table;
use crate::options::LoadOptions;
use crate::summary::{FileStatus, FileSummary, LoadSummary, TableSummary};
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Event, Level, Reporter, counted, noun};
use ingot_lake::lock_bronze;
use std::time::Instant;

pub(crate) const STAGE: &str = "load-bronze";

/// Loads what is new among these files, each with its contract; the raw folder is not listed. A table without files is opened
/// all the same, and what a killed load left of it is put right.
///
/// # Errors
/// What stops the whole load before it begins, as in `load`.
pub fn load_files(
    feeds: Vec<(&Contract, Vec<RawFile>)>,
    options: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<LoadSummary> {
    let detail = format!("{} from {}", counted(feeds.len() as u64, "feed"), options.raw.display());
    let summary = load_round(feeds, options, reporter, Some(detail))?;
    report(&summary, reporter);
    Ok(summary)
}

/// As [`load_files`], without the summary for a person, and without the stage's beginning if `begins` does not describe it.
pub(crate) fn load_round(
    feeds: Vec<(&Contract, Vec<RawFile>)>,
    options: &LoadOptions,
    reporter: &dyn Reporter,
    begins: Option<String>,
) -> Result<LoadSummary> {
    let begun = Instant::now();
    let _lock = if options.dry_run { None } else { Some(lock_bronze(&options.lake)?) };
    let pool = loader_threads(options.jobs)?;
    let run = Run::begin(options, reporter, &pool)?;
    if let Some(detail) = begins {
        reporter.report(Event::StageStarted { stage: STAGE, detail });
    }
    let tables = in_threads(
        feeds,
        |(contract, _)| &contract.name,
        |(contract, files)| {
            let pending =
                files.iter().map(|file| FileSummary::of(&file.relative, FileStatus::Failed)).collect();
            feed_summary(&run, contract, pending, |summary| match contract.raw.format {
                Format::Delta => follow_table(&run, contract, files, summary),
                _ => load_table(&run, contract, files, summary),
            })
        },
    );
    Ok(LoadSummary {
        run_id: run.stamp.id.clone(),
        tables,
        seconds: begun.elapsed().as_secs_f64(),
        dry_run: options.dry_run,
    })
}

/// A thread for each table waits and commits; the work on files is done by the pool. `name` is that of a feed's table.
pub(crate) fn in_threads<T: Send>(
    feeds: Vec<T>,
    name: impl Fn(&T) -> &String,
    load: impl Fn(T) -> TableSummary + Sync,
) -> Vec<TableSummary> {
    let load = &load;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            feeds.into_iter().map(|feed| (name(&feed).clone(), scope.spawn(move || load(feed)))).collect();
        threads
            .into_iter()
            .map(|(table, thread)| {
                thread.join().unwrap_or_else(|_| TableSummary {
                    table,
                    error: Some("the loader panicked; this is a defect of ingot".to_owned()),
                    ..TableSummary::default()
                })
            })
            .collect()
    })
}

/// Loads one feed, and says what became of it, however that ended. `pending` are its files that are known before the load.
pub(crate) fn feed_summary(
    run: &Run<'_>,
    contract: &Contract,
    pending: Vec<FileSummary>,
    load: impl FnOnce(&mut TableSummary) -> Result<()>,
) -> TableSummary {
    let begun = Instant::now();
    let mut summary =
        TableSummary { table: contract.name.clone(), files: pending, ..TableSummary::default() };
    let outcome = load(&mut summary);
    summary.seconds = begun.elapsed().as_secs_f64();
    summary.fresh_hours = contract.freshness.map(|limits| limits.error_after_hours);
    if summary.count(FileStatus::Loaded) > 0 {
        summary.newest_load = Some(run.stamp.at);
    }
    if let Err(error) = outcome {
        if run.options.lake_bucket.is_none() {
            clean_up(run, &run.paths(&contract.name));
        }
        if *error.kind() == Kind::Interrupted {
            summary.interrupted = true;
            summary.error = Some(interrupted(&[&summary]).to_string());
        } else {
            record_failure(run, contract, &mut summary, &error);
            run.reporter.error(&error.context(&contract.name));
        }
        run.reporter.report(Event::TaskFinished { task: contract.name.clone(), detail: "failed".to_owned() });
    }
    summary
}

/// What is said of tables that an interrupt kept from being loaded. Like after a kill, the manifest knows nothing of it.
fn interrupted(tables: &[&TableSummary]) -> Error {
    let names: Vec<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    // Versions of a followed table may be committed already.
    let has_begun = tables.iter().any(|table| table.count(FileStatus::Loaded) > 0);
    Error::new(format!(
        "interrupted: nothing {}of {} was loaded; tables that were committed before stay",
        if has_begun { "more " } else { "" },
        names.join(", ")
    ))
    .of_kind(Kind::Interrupted)
    .hint("run the same command again to load the rest")
}

/// A table that failed as a whole: its files go into the manifest as failed, if that can still be written. Those that
/// are loaded stay so: nothing was found to be wrong with them.
fn record_failure(run: &Run<'_>, contract: &Contract, summary: &mut TableSummary, error: &Error) {
    let (mut of_files, mut of_table) = (Vec::new(), Vec::new());
    for file in summary.files.iter().filter(|file| file.status == FileStatus::Failed) {
        let row =
            |reason| ManifestRow::failed(&run.stamp, &run.options.raw, &contract.name, &file.path, reason);
        match &file.error {
            Some(reason) => of_files.push(row(reason.clone())),
            None => of_table.push(row(format!("TABLE_FAILED: {}", error.message()))),
        }
    }
    let recorded = run.with_manifest(|manifest| {
        manifest.record_files(&of_files)?;
        manifest.record_failed_table(&of_table)
    });
    if let Err(also) = recorded {
        run.reporter
            .warn(format!("{}: the failure could not be written to the manifest: {also}", contract.name));
    }
    summary.error = Some(error.to_string());
}

/// Tells a person what the load did.
pub(crate) fn report(summary: &LoadSummary, reporter: &dyn Reporter) {
    for file in summary.tables.iter().flat_map(|table| &table.files) {
        if let (FileStatus::Failed, Some(reason)) = (file.status, &file.error) {
            let text = format!("{} was not loaded: {reason}", file.path);
            reporter.report(Event::Message { level: Level::Error, text });
        }
    }
    for file in summary.tables.iter().flat_map(|table| &table.files).filter(|file| file.is_rejected()) {
        let text = format!("{}: every row is rejected ({} of {})", file.path, file.rejected, file.read);
        reporter.report(Event::Message { level: Level::Error, text });
    }
    let cut_off: Vec<&TableSummary> = summary.tables.iter().filter(|table| table.interrupted).collect();
    if !cut_off.is_empty() {
        reporter.error(&interrupted(&cut_off));
    }
    if let Some(reasons) = summary.reasons().filter(|_| summary.dry_run) {
        reporter.report(Event::Table(reasons));
    }
    reporter.report(Event::Table(summary.table()));
    for table in summary.tables.iter().filter(|table| table.followed && table.read() > 0) {
        reporter.info(format!(
            "  {}: each row is a change of the source: {} new or changed, {} deleted",
            table.table,
            table.accepted() - table.deleted,
            table.deleted
        ));
    }
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: summary.seconds,
        detail: format!(
            "{} {} read = {} accepted + {} rejected",
            summary.read(),
            noun(summary.read(), "row"),
            summary.accepted(),
            summary.rejected()
        ),
    });
}
