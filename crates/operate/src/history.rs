//! Who changed a table, when, and by how much.

use ingot_core::error::Result;
use ingot_core::report::{Table, bytes, thousands};
use ingot_lake::{ChangedFile, LakeTable, MEMORY, RESTORED_VERSION, VersionChanges};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The versions of a table, newest first.
#[derive(Debug, Clone)]
pub struct History {
    pub table: String,
    pub versions: Vec<VersionChanges>,
}

/// Reads a table's log. At most `limit` versions are given.
///
/// # Errors
/// The log cannot be read.
pub fn history(table: &LakeTable, limit: Option<usize>) -> Result<History> {
    let mut versions = table.open()?.changes()?;
    versions.reverse();
    versions.truncate(limit.unwrap_or(usize::MAX));
    Ok(History { table: table.label(), versions })
}

impl History {
    pub fn table(&self) -> Table {
        let headers = ["version", "time (UTC)", "operation", "by", "run", "files", "rows", "size", "detail"];
        Table {
            title: self.table.clone(),
            headers: headers.map(str::to_owned).to_vec(),
            rows: self.versions.iter().map(row).collect(),
        }
    }

    pub fn json(&self) -> Value {
        let versions: Vec<Value> = self.versions.iter().map(version_json).collect();
        json!({ "table": self.table, "versions": versions })
    }
}

fn row(version: &VersionChanges) -> Vec<String> {
    let commit = &version.commit;
    let by = match (&version.user, &version.engine) {
        (Some(user), Some(engine)) => format!("{user} ({engine})"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let size: u64 = version.added.iter().filter_map(|file| file.bytes).sum();
    vec![
        commit.version.to_string(),
        time(commit.timestamp),
        commit.operation.clone().unwrap_or_default(),
        by,
        run(version).unwrap_or_default().to_owned(),
        format!("+{} -{}", version.added.len(), version.removed.len()),
        rows(&version.added).map_or_else(String::new, thousands),
        bytes(size),
        detail(version),
    ]
}

fn version_json(version: &VersionChanges) -> Value {
    let commit = &version.commit;
    let files = |files: &[ChangedFile]| -> Vec<Value> {
        files
            .iter()
            .map(|file| json!({ "path": file.relative, "bytes": file.bytes, "rows": file.rows }))
            .collect()
    };
    json!({
        "version": commit.version,
        "time": commit.timestamp.and_then(|time| Timestamp::from_millisecond(time).ok()).map(|time| time.to_string()),
        "operation": commit.operation,
        "engine": version.engine,
        "user": version.user,
        "run": run(version),
        "rows": rows(&version.added),
        "added": files(&version.added),
        "removed": files(&version.removed),
        "detail": without_memory(&commit.metadata),
    })
}

/// What a commit says of itself, without its sum of what all commits before it said.
fn without_memory(metadata: &Map<String, Value>) -> Map<String, Value> {
    let own = metadata.iter().filter(|(key, _)| *key != MEMORY);
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Rows in the files; `None` if the statistics of one do not say.
fn rows(files: &[ChangedFile]) -> Option<u64> {
    files.iter().map(|file| file.rows).sum()
}

/// The run of ingot that made the commit.
fn run(version: &VersionChanges) -> Option<&str> {
    version.commit.metadata.get("run_id").and_then(Value::as_str)
}

/// What a person wants to know beside the figures.
fn detail(version: &VersionChanges) -> String {
    let metadata = &version.commit.metadata;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    if let Some(Value::Array(files)) = metadata.get("files")
        && let Some(first) = files.first().and_then(|file| file.get("path")).and_then(Value::as_str)
    {
        return match files.len() {
            1 => first.to_owned(),
            count => format!("{first} and {} more", count - 1),
        };
    }
    if let Some(restored) = metadata.get(RESTORED_VERSION) {
        return format!("version {restored} again");
    }
    text("model").or_else(|| text("note")).unwrap_or_default().to_owned()
}

/// A moment to the second; empty if it is not known.
pub(crate) fn time(milliseconds: Option<i64>) -> String {
    let moment = milliseconds.and_then(|time| Timestamp::from_millisecond(time).ok());
    moment.map(|moment| moment.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}
