//! Raw files in a bucket, for a lake in a folder: new ones are fetched in rounds of a bounded size into a private folder, loaded from
//! there as any others, and removed.

use super::memory::FileMemory;
use super::raw_listing::{Candidate, Listing, RawPlace, batches};
use super::staging::Staging;
use crate::commit::{LoadedFiles, TablePaths};
use crate::feeds::refuse_without_files;
use crate::load::{KnownFiles, STAGE, load_round, report};
use crate::options::LoadOptions;
use crate::summary::{FileStatus, LoadSummary, TableSummary, file_summaries};
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Reporter, counted};
use ingot_lake::Bucket;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// Files of a feed, and bytes of them, that are fetched for one round.
const FILES_OF_A_ROUND: usize = 50_000;
const BYTES_OF_A_ROUND: u64 = 4 << 30;

/// A feed with what is left to be loaded of it, the next batch last.
struct Feed<'c> {
    contract: &'c Contract,
    left: Vec<Vec<Candidate>>,
    known: KnownFiles,
    summary: TableSummary,
}

/// Loads what is new among the objects of a bucket into the lake's folder.
///
/// # Errors
/// What stops the whole load before it begins: a store that cannot be used, a lake that cannot be written.
pub(crate) fn load_from_bucket(
    raw: &Bucket,
    contracts: &[Contract],
    options: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<LoadSummary> {
    let begun = Instant::now();
    let staging = Staging::new()?;
    reporter.report(Event::StageStarted {
        stage: STAGE,
        detail: format!("{} from {}", counted(contracts.len() as u64, "feed"), raw.address()),
    });
    let mut feeds =
        contracts.iter().map(|contract| list(raw, contract, options)).collect::<Result<Vec<_>>>()?;
    let mut run_id = None;
    loop {
        let folder = staging.part("raw")?;
        let mut round: Vec<(&Contract, Vec<RawFile>)> = Vec::new();
        let mut stamps: HashMap<(String, String), String> = HashMap::new();
        for feed in feeds.iter_mut().filter(|feed| feed.summary.error.is_none()) {
            let Some(mut batch) = feed.left.pop() else {
                // A table without new files is opened all the same, once.
                if run_id.is_none() {
                    round.push((feed.contract, Vec::new()));
                }
                continue;
            };
            let failed = RawPlace::Bucket(raw).bring(&mut batch, &folder.path().join(&feed.contract.name))?;
            feed.summary.files.extend(file_summaries(&[], &[], &failed));
            for candidate in &batch {
                let key = (feed.contract.name.clone(), candidate.file.relative.clone());
                stamps.extend(stamp(candidate).map(|stamp| (key, stamp)));
            }
            round.push((feed.contract, batch.into_iter().map(|candidate| candidate.file).collect()));
        }
        if round.is_empty() {
            break;
        }
        let done = load_round(round, options, reporter, None)?;
        let run_id = run_id.get_or_insert(done.run_id);
        let _ = run_id;
        for table in done.tables {
            if let Some(feed) = feeds.iter_mut().find(|feed| feed.contract.name == table.table) {
                remember(feed, &table, &stamps, options);
                feed.summary.add(table);
            }
        }
        let is_interrupted = feeds.iter().any(|feed| feed.summary.interrupted);
        if is_interrupted || feeds.iter().all(|feed| feed.left.is_empty() || feed.summary.error.is_some()) {
            break;
        }
    }
    let mut tables = Vec::new();
    for feed in feeds {
        if !options.dry_run {
            feed.known.save();
        }
        tables.push(feed.summary);
    }
    refuse_without_files(&tables, options)?;
    let summary = LoadSummary {
        run_id: run_id.unwrap_or_default(),
        tables,
        seconds: begun.elapsed().as_secs_f64(),
        dry_run: options.dry_run,
    };
    report(&summary, reporter);
    Ok(summary)
}

/// The files of a feed that may be new.
fn list<'c>(raw: &Bucket, contract: &'c Contract, options: &LoadOptions) -> Result<Feed<'c>> {
    let name = &contract.name;
    let known = KnownFiles::of_objects(&options.lake, name);
    let mut summary = TableSummary { table: name.clone(), ..TableSummary::default() };
    if contract.raw.format == Format::Delta {
        let error = Error::new("a feed that is a Delta table is followed only from a folder")
            .at(&contract.file)
            .hint("name the other feeds with --table, or copy the Delta table to a folder (--raw)");
        summary.error = Some(error.to_string());
        return Ok(Feed { contract, left: Vec::new(), known, summary });
    }
    let loaded = loaded(options, name)?;
    let Listing { candidates, .. } =
        RawPlace::Bucket(raw).list(contract, options.shard, &FileMemory::default())?;
    let (unchanged, new): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| {
        let path = &candidate.file.relative;
        let delivery = loaded.files.get(path).filter(|delivery| delivery.file.bytes == candidate.bytes);
        delivery.is_some_and(|delivery| {
            stamp(candidate).is_some_and(|stamp| known.has_stamp(path, &stamp, &delivery.file.hash))
        })
    });
    summary.unnamed_unchanged = unchanged.len() as u64;
    let mut left = batches(new, FILES_OF_A_ROUND, BYTES_OF_A_ROUND);
    left.reverse();
    Ok(Feed { contract, left, known, summary })
}

fn loaded(options: &LoadOptions, table: &str) -> Result<Arc<LoadedFiles>> {
    let paths = TablePaths { lake: options.lake.clone(), table: table.to_owned() };
    Ok(paths.open_intact()?.as_ref().map(LoadedFiles::of).transpose()?.unwrap_or_default())
}

/// What tells the content of an object from another; `None` if the store does not say.
fn stamp(candidate: &Candidate) -> Option<String> {
    candidate.tag.as_ref().map(|tag| format!("{} {tag}", candidate.bytes))
}

/// Remembers the objects of a round that are loaded, so that they are not fetched again.
fn remember(
    feed: &mut Feed<'_>,
    done: &TableSummary,
    stamps: &HashMap<(String, String), String>,
    options: &LoadOptions,
) {
    // What is not remembered is fetched again, and found to be loaded.
    let Ok(loaded) = loaded(options, &done.table) else { return };
    for file in done.files.iter().filter(|file| file.status != FileStatus::Failed) {
        let stamp = stamps.get(&(done.table.clone(), file.path.clone()));
        if let (Some(stamp), Some(delivery)) = (stamp, loaded.files.get(&file.path)) {
            feed.known.remember_stamp(&file.path, stamp.clone(), &delivery.file.hash);
        }
    }
}
