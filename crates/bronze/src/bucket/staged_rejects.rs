//! Rejects of a table in a bucket. They are there before their commit, under `_rejects/<table>/_staged/`, and get their final names
//! after it, so that the folder of a table has rejects of loads only that came about.

use super::loaded_content::record_of;
use ingot_core::error::Result;
use ingot_lake::{Bucket, BucketTable};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// No loader takes so long from staging to its commit.
const GIVEN_UP_MS: i64 = 24 * 60 * 60 * 1000;
/// How far the store's times of two objects may be apart from their order.
const SLACK_MS: i64 = 10 * 1000;
const KINDS: [&str; 2] = ["csv", "parquet"];

fn folder(table: &str) -> String {
    format!("_rejects/{table}/_staged")
}

fn staged(table: &str, key: &str, kind: &str) -> String {
    format!("{}/{key}.{kind}", folder(table))
}

/// The address of a commit's rejects for a person, relative to the lake.
pub(super) fn published_csv(table: &str, key: &str) -> String {
    format!("_rejects/{table}/{key}.csv")
}

/// Sends the reject files of a commit that is to come.
///
/// # Errors
/// The store refuses.
pub(super) fn stage(lake: &Bucket, table: &str, key: &str, files: &[PathBuf; 2]) -> Result<()> {
    let files: Vec<(String, PathBuf)> = KINDS
        .iter()
        .zip(files)
        .filter(|(_, path)| path.exists())
        .map(|(kind, path)| (staged(table, key, kind), path.clone()))
        .collect();
    lake.put_all(&files)
}

/// Gives the reject files of a commit their final names. Done again, it does nothing.
///
/// # Errors
/// The store refuses; the next load does it then.
pub(super) fn publish(lake: &Bucket, table: &str, key: &str) -> Result<()> {
    for kind in KINDS {
        let from = staged(table, key, kind);
        if lake.copy(&from, &format!("_rejects/{table}/{key}.{kind}"))? {
            lake.remove(&[from])?;
        }
    }
    Ok(())
}

/// Removes the reject files of a commit that does not come about.
pub(super) fn give_up(lake: &Bucket, table: &str, key: &str) -> Result<()> {
    lake.remove(&KINDS.map(|kind| staged(table, key, kind)))
}

/// Publishes what killed loaders have committed and not published, and removes what they staged long ago and never committed. A
/// loader that is at work does the same with its own, which does no harm.
///
/// # Errors
/// The store refuses.
pub(super) fn settle_left(lake: &Bucket, name: &str, table: &BucketTable) -> Result<()> {
    let now = jiff::Timestamp::now().as_millisecond();
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    lake.each(&folder(name), |object| {
        let file = object.relative.rsplit('/').next().unwrap_or_default();
        if let Some((key, _)) = file.rsplit_once('.') {
            let modified = left.entry(key.to_owned()).or_insert(object.modified);
            *modified = (*modified).min(object.modified);
        }
        Ok(())
    })?;
    let Some(oldest) = left.values().min().copied() else { return Ok(()) };
    // Commits since, the newest first: a commit comes after its rejects.
    let mut version = table.version();
    while let Some(at) = version.filter(|_| !left.is_empty()) {
        let Some(commit) = table.commit_of(at)? else { break };
        if let Some(record) = record_of(&commit.entry)
            && left.remove(&record.key()).is_some()
        {
            publish(lake, name, &record.key())?;
        }
        if commit.written < oldest - SLACK_MS {
            break;
        }
        version = at.checked_sub(1);
    }
    for (key, _) in left.into_iter().filter(|(_, modified)| now - modified > GIVEN_UP_MS) {
        give_up(lake, name, &key)?;
    }
    Ok(())
}
