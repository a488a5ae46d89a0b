//! What is older than its contract keeps it: raw files, their rows in bronze, reject files.

use super::undo::take_out;
use crate::commit::{LoadedFiles, Run, loader_threads};
use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use crate::rejects::reject_folder;
use crate::run_stamp::commit_of;
use ingot_contract::{Contract, Format};
use ingot_core::error::{Context as _, Result};
use ingot_core::report::Reporter;
use ingot_lake::lock_bronze;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What of a feed is older than it is kept, or was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    pub table: String,
    /// The contract forbids to remove anything.
    pub is_held: bool,
    pub raw_files: u64,
    pub raw_bytes: u64,
    /// Rows of bronze, of so many raw files.
    pub rows: u64,
    pub files_of_rows: u64,
    pub reject_files: u64,
    pub version: Option<u64>,
}

impl Expired {
    pub fn is_nothing(&self) -> bool {
        self.raw_files == 0 && self.rows == 0 && self.reject_files == 0
    }
}

/// Removes what is older than contracts keep it, or only says what that is, in a dry run. A raw file is as old as its newest
/// delivery; one that was not loaded stays, and so does a row of which a newer delivery has the file. `now` is in microseconds
/// since 1970. Feeds whose contracts say nothing are left out.
///
/// # Errors
/// Another loader is at work, or the lake or the raw folder cannot be read or written.
pub fn expire(options: &LoadOptions, now: i64, reporter: &dyn Reporter) -> Result<Vec<Expired>> {
    let _lock = if options.dry_run { None } else { Some(lock_bronze(&options.lake)?) };
    let pool = loader_threads(1)?;
    let run = Run::begin(options, reporter, &pool)?;
    let mut all = Vec::new();
    for contract in chosen_contracts(options)? {
        let kept = contract.privacy.retention;
        if kept.raw.is_none() && kept.bronze.is_none() && kept.rejects.is_none() {
            continue;
        }
        all.push(expire_feed(&run, &contract, now)?);
    }
    Ok(all)
}

fn expire_feed(run: &Run<'_>, contract: &Contract, now: i64) -> Result<Expired> {
    let mut expired =
        Expired { table: contract.name.clone(), is_held: contract.privacy.hold, ..Expired::default() };
    if expired.is_held {
        return Ok(expired);
    }
    let before = |days: Option<u32>| days.map(|days| now - i64::from(days) * DAY);
    let kept = contract.privacy.retention;
    let (options, paths) = (run.options, run.paths(&contract.name));
    let loaded = paths.open_intact()?.as_ref().map(LoadedFiles::of).transpose()?.unwrap_or_default();
    let follows = contract.raw.format == Format::Delta;
    if let Some(before) = before(kept.bronze).filter(|_| !follows) {
        let old = loaded.files.values().filter(|delivery| delivery.at < before && !delivery.undone);
        let old: BTreeSet<String> = old.map(|delivery| delivery.file.path.clone()).collect();
        if !old.is_empty() {
            expired.files_of_rows = old.len() as u64;
            (expired.rows, expired.version) = take_out(run, contract, &old)?;
        }
    }
    if let Some(before) = before(kept.raw).filter(|_| !follows) {
        for file in contract.raw_files(&options.raw)? {
            let Some(delivery) = loaded.files.get(&file.relative) else { continue };
            let Ok(about) = std::fs::metadata(&file.path) else { continue };
            // One that has changed since is not loaded yet.
            if delivery.at >= before || about.len() != delivery.file.bytes {
                continue;
            }
            expired.raw_files += 1;
            expired.raw_bytes += about.len();
            if !options.dry_run {
                std::fs::remove_file(&file.path).or_cannot_at("remove the file", &file.path)?;
            }
        }
    }
    if let Some(before) = before(kept.rejects) {
        for file in old_rejects(run, contract, before)? {
            expired.reject_files += 1;
            if !options.dry_run {
                std::fs::remove_file(&file).or_cannot_at("remove the file", &file)?;
            }
        }
    }
    Ok(expired)
}

/// Reject files of commits that were made before a moment: their names begin with it.
fn old_rejects(run: &Run<'_>, contract: &Contract, before: i64) -> Result<Vec<PathBuf>> {
    let before = jiff::Timestamp::from_microsecond(before).or_cannot("reckon back")?;
    let before = before.strftime("%Y%m%dT%H%M%S").to_string();
    let folder = reject_folder(&run.options.lake, &contract.name);
    let mut files = Vec::new();
    for folder in [folder.clone(), folder.join("replayed")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.or_cannot_at("list the folder", &folder)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if commit_of(&name).is_some() && name[..before.len()] < *before {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
