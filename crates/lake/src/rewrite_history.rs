//! Changing what is past: a data file is replaced by another one in every version of a table that has it.
//!
//! Delta's log is only ever added to, and all but erasure keep to that. A person who is to be forgotten must not be in an old
//! version either, nor in the statistics of files that the log keeps. Two ways lead there: to give up the versions that had
//! the person, or to take the person out of them. Here it is the second: each version stays as it was for everybody else, and
//! can be read, compared and restored under its number.
//!
//! The order in which a caller works makes a kill harmless: new files are written beside the old ones, then each file of the log
//! is replaced in one step, then the old files go. Done again, every step finds its work done. Readers that open the table
//! between two log files may find a version of which one file is not named by its log; so the caller holds the table's lock.

use crate::actions::HASH_TAG;
use crate::data_file::NewFile;
use crate::log_copies::{LogCopies, version_of};
use crate::opened_tables;
use ingot_core::error::{Context as _, Result};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The key of a commit's metadata that names the erasures which have changed it.
const CHANGED_BY: &str = "changed_by_erasures";

/// A data file, and what takes its place under another name in the same folder.
#[derive(Debug, Clone)]
pub struct ReplacedFile {
    /// Relative to the table's folder, with `/`.
    pub old: String,
    pub new: NewFile,
}

/// Replaces files in all log files of commits. `change` may change what [`CommitDetails`](crate::CommitDetails) keeps with a
/// commit; it is called once for each commit and `erasure`, however often this is. Gives how many log files have changed.
///
/// # Errors
/// A file of the log cannot be read or written.
pub fn rewrite_commits(
    root: &Path,
    replaced: &[ReplacedFile],
    erasure: &str,
    change: &dyn Fn(&mut Map<String, Value>),
) -> Result<usize> {
    let by_path: HashMap<&str, &NewFile> =
        replaced.iter().map(|file| (file.old.as_str(), &file.new)).collect();
    let mut changed = 0;
    for file in
        log_files(root)?.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "json"))
    {
        let text = std::fs::read_to_string(&file).or_cannot_at("read the Delta log", &file)?;
        let mut lines = Vec::new();
        let mut is_changed = false;
        for line in text.lines() {
            match changed_line(line, &by_path, erasure, change).or_cannot_at("read the Delta log", &file)? {
                Some(new) => {
                    is_changed = true;
                    lines.push(new);
                }
                None => lines.push(line.to_owned()),
            }
        }
        if is_changed {
            replace_log_file(root, &file, (lines.join("\n") + "\n").as_bytes())?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// The line of an action as it is to be; `None` if it stays.
fn changed_line(
    line: &str,
    replaced: &HashMap<&str, &NewFile>,
    erasure: &str,
    change: &dyn Fn(&mut Map<String, Value>),
) -> Result<Option<String>, serde_json::Error> {
    let mut action: Value = serde_json::from_str(line)?;
    let is_changed = if let Some(info) = action.get_mut("commitInfo") {
        changes_metadata(info, erasure, change)
    } else if let Some(add) = action.get_mut("add") {
        changes_file(add, replaced, true)
    } else if let Some(remove) = action.get_mut("remove") {
        changes_file(remove, replaced, false)
    } else {
        false
    };
    is_changed.then(|| serde_json::to_string(&action)).transpose()
}

fn changes_metadata(info: &mut Value, erasure: &str, change: &dyn Fn(&mut Map<String, Value>)) -> bool {
    let Some(Value::Object(metadata)) = info.get_mut(crate::commit_info::METADATA_KEY) else { return false };
    let by = metadata.get(CHANGED_BY).and_then(Value::as_array).cloned().unwrap_or_default();
    if by.iter().any(|one| one == erasure) {
        return false;
    }
    let before = metadata.clone();
    change(metadata);
    if *metadata == before {
        return false;
    }
    metadata.insert(CHANGED_BY.to_owned(), by.into_iter().chain([json!(erasure)]).collect());
    true
}

fn changes_file(action: &mut Value, replaced: &HashMap<&str, &NewFile>, is_add: bool) -> bool {
    let Some(path) = action.get("path").and_then(Value::as_str).map(str::to_owned) else { return false };
    let decoded = ingot_core::hive::unescape(&path).unwrap_or_else(|| path.clone());
    let Some(new) = replaced.get(decoded.as_str()) else { return false };
    action["path"] = renamed(&path, &new.relative).into();
    if action.get("size").is_some_and(|size| !size.is_null()) {
        action["size"] = new.bytes.into();
    }
    if is_add {
        action["stats"] = new.statistics.clone().into();
        if let (Some(hash), Some(tags)) = (&new.hash, action.get_mut("tags").and_then(Value::as_object_mut)) {
            tags.insert(HASH_TAG.to_owned(), hash.clone().into());
        }
    } else if let Some(remove) = action.as_object_mut() {
        remove.remove("stats");
    }
    true
}

/// The path of a file of the log with the name of another file in the same folder.
fn renamed(path: &str, to: &str) -> String {
    let name = to.rsplit('/').next().unwrap_or(to);
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// The files of a log: commits and checkpoints.
///
/// # Errors
/// The folder cannot be listed.
pub fn log_files(root: &Path) -> Result<Vec<PathBuf>> {
    let log = root.join("_delta_log");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&log).or_cannot_at("list the folder", &log)? {
        let path = entry.or_cannot_at("list the folder", &log)?.path();
        if path.file_name().and_then(|name| name.to_str()).and_then(version_of).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Gives a file of the log another content in one step, and its copy with it.
///
/// # Errors
/// The log or its copies cannot be written.
pub fn replace_log_file(root: &Path, file: &Path, bytes: &[u8]) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Hidden, so that no reader of Delta takes it for a commit.
    let beside = file.with_file_name(format!(".{name}.inprogress"));
    std::fs::write(&beside, bytes).or_cannot_at("write the Delta log", &beside)?;
    ingot_core::fs::make_durable(std::slice::from_ref(&beside), root)?;
    let copies = LogCopies::of(root);
    if let Some(copies) = &copies {
        copies.add_copy(&name, &beside)?;
    }
    std::fs::rename(&beside, file).or_cannot_at("rename the file", &beside)?;
    opened_tables::forget(root);
    match &copies {
        Some(copies) => copies.forget_other_copies(&name),
        None => Ok(()),
    }
}

/// Notes in `_last_checkpoint` that the newest checkpoint has another length, if that says so.
///
/// # Errors
/// The file cannot be written.
pub fn renew_last_checkpoint(root: &Path) -> Result<()> {
    let log = root.join("_delta_log");
    let file = log.join("_last_checkpoint");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(()) };
    let Ok(mut last) = serde_json::from_str::<Value>(&text) else { return Ok(()) };
    let Some(version) = last.get("version").and_then(Value::as_u64) else { return Ok(()) };
    let length =
        std::fs::metadata(log.join(format!("{version:020}.checkpoint.parquet"))).map(|found| found.len());
    let (Ok(length), Some(members)) = (length, last.as_object_mut()) else { return Ok(()) };
    // A checksum is of the members of this file.
    members.remove("checksum");
    if members.contains_key("sizeInBytes") {
        members.insert("sizeInBytes".to_owned(), length.into());
    }
    let new = serde_json::to_vec(&last).or_cannot_at("write the Delta log", &file)?;
    if new == text.as_bytes() {
        return Ok(());
    }
    replace_log_file(root, &file, &new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file(relative: &str) -> NewFile {
        NewFile {
            relative: relative.to_owned(),
            partition_values: Vec::new(),
            bytes: 7,
            rows: 1,
            statistics: "{\"numRecords\":1}".to_owned(),
            modified: None,
            hash: Some("abc".to_owned()),
        }
    }

    #[test]
    fn a_file_is_replaced_in_every_commit_and_once_only() {
        let table = tempfile::tempdir().unwrap();
        let log = table.path().join("_delta_log");
        std::fs::create_dir(&log).unwrap();
        let commit =
            |version: u64, text: &str| std::fs::write(log.join(format!("{version:020}.json")), text).unwrap();
        commit(
            0,
            "{\"commitInfo\":{\"ingot\":{\"count\":3}}}\n{\"add\":{\"path\":\"d=a%2520b/old.parquet\",\"size\":9,\"stats\":\"{\\\"minValues\\\":{\\\"name\\\":\\\"ann\\\"}}\",\"tags\":{\"ingot.xxh3-128\":\"x\"}}}\n",
        );
        commit(
            1,
            "{\"remove\":{\"path\":\"d=a%2520b/old.parquet\",\"size\":9}}\n{\"add\":{\"path\":\"other.parquet\",\"size\":4}}\n",
        );
        let replaced =
            [ReplacedFile { old: "d=a%20b/old.parquet".to_owned(), new: new_file("d=a%20b/new.parquet") }];
        let change = |metadata: &mut Map<String, Value>| {
            let count = metadata["count"].as_u64().unwrap();
            metadata.insert("count".to_owned(), (count - 1).into());
        };
        assert_eq!(rewrite_commits(table.path(), &replaced, "e1", &change).unwrap(), 2);
        assert_eq!(rewrite_commits(table.path(), &replaced, "e1", &change).unwrap(), 0);
        let text = std::fs::read_to_string(log.join(format!("{:020}.json", 0))).unwrap();
        assert!(text.contains("\"count\":2") && !text.contains("ann"), "{text}");
        assert!(text.contains("d=a%2520b/new.parquet") && text.contains("\"size\":7"), "{text}");
        let text = std::fs::read_to_string(log.join(format!("{:020}.json", 1))).unwrap();
        assert!(text.contains("d=a%2520b/new.parquet") && text.contains("other.parquet"), "{text}");
    }
}
