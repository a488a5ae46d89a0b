//! The entry of a command: begun before its work, ended after it. One that was killed in between is found by the next.

use super::arguments::without_secrets;
use super::binary::this_binary;
use super::entry::{Binary, Entry, TableChange};
use super::git_commit::checked_out;
use super::trail::{Held, Trail};
use super::versions::newest_versions;
use super::who::{host_name, user_name};
use crate::layer::is_of_layer;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is known when a command begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Beginning {
    id: String,
    command: String,
    arguments: Vec<String>,
    user: String,
    host: String,
    started: String,
    binary: Binary,
    commit: Option<String>,
    lake: PathBuf,
    /// By table, as they were then.
    versions: BTreeMap<String, u64>,
}

/// The entry of a command that is going on. One that is dropped counts as killed.
#[derive(Debug)]
pub struct Opening {
    trail: Trail,
    beginning: Beginning,
    /// Locked as long as the command lives.
    marker: (PathBuf, File),
}

/// How a command ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// `ok`, `failed`, `could not run`.
    pub result: String,
    /// The kind of error that ended it.
    pub error: Option<String>,
    pub rows: Vec<TableRows>,
    /// What else is worth keeping; no values of rows.
    pub details: Map<String, Value>,
}

/// The newest version of each table of a lake, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVersions(BTreeMap<String, u64>);

/// What a command did to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRows {
    /// `gold.fct_sales`.
    pub table: String,
    pub rows: Option<u64>,
    pub rejected: Option<u64>,
}

/// Whether a project has a trail: those with contracts have, and those that have the folder for it. In a project that is
/// dbt's alone, nothing appears that dbt does not know.
pub fn is_kept(project: &Project) -> bool {
    project.schemas().is_dir() || Trail::of(project).folder().is_dir()
}

impl Opening {
    /// Begins the entry of a command, and ends those of commands that were killed.
    ///
    /// # Errors
    /// The folder of the trail cannot be written: then the command should not begin.
    pub fn begin(project: &Project, lake: &Path, command: &str, arguments: &[String]) -> Result<Self> {
        let trail = Trail::of(project);
        let held = trail.hold()?;
        end_killed(&trail, &held)?;
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let beginning = Beginning {
            id: uuid::Uuid::new_v4().to_string(),
            command: command.to_owned(),
            arguments: without_secrets(arguments, environment),
            user: user_name(),
            host: host_name(),
            started: Timestamp::now().to_string(),
            binary: this_binary(&trail.folder().join(".binary.json")),
            commit: checked_out(project.root()),
            lake: std::path::absolute(lake).unwrap_or_else(|_| lake.to_path_buf()),
            versions: newest_versions(lake)?,
        };
        let marker = trail.open_folder().join(format!("{}.json", beginning.id));
        let text = serde_json::to_vec(&beginning).map_err(|error| {
            Error::defect("the beginning of a command cannot be written").caused_by(error)
        })?;
        let mut file = File::create(&marker).or_cannot_at("write to the audit trail", &marker)?;
        file.lock().and_then(|()| file.write_all(&text)).or_cannot_at("write to the audit trail", &marker)?;
        Ok(Self { trail, beginning, marker: (marker, file) })
    }

    /// The name of the entry.
    pub fn id(&self) -> &str {
        &self.beginning.id
    }

    /// The versions of the lake's tables now.
    ///
    /// # Errors
    /// The lake cannot be listed.
    pub fn versions_now(&self) -> Result<TableVersions> {
        newest_versions(&self.beginning.lake).map(TableVersions)
    }

    /// Whether a table of the lake has another version than when the command began.
    pub fn has_changed_tables(&self, now: &TableVersions) -> bool {
        now.0 != self.beginning.versions
    }

    /// Adds the entry to the trail. `now` has the versions that the command left.
    ///
    /// # Errors
    /// The trail cannot be written.
    pub fn end(self, outcome: Outcome, now: &TableVersions) -> Result<()> {
        let held = self.trail.hold()?;
        let ended = Some(Timestamp::now().to_string());
        add(&self.trail, &held, self.beginning, ended, outcome, &now.0)?;
        remove(&self.marker.0)
    }

    /// Adds nothing, because the command changed nothing.
    ///
    /// # Errors
    /// The trail cannot be written.
    pub fn give_up(self) -> Result<()> {
        remove(&self.marker.0)
    }
}

fn add(
    trail: &Trail,
    held: &Held,
    beginning: Beginning,
    ended: Option<String>,
    outcome: Outcome,
    after: &BTreeMap<String, u64>,
) -> Result<()> {
    let tables = changes(&beginning.versions, after, &outcome.rows);
    trail.add(held, |number, previous| Entry {
        number,
        id: beginning.id,
        command: beginning.command,
        arguments: beginning.arguments,
        user: beginning.user,
        host: beginning.host,
        started: beginning.started,
        ended,
        result: outcome.result,
        error: outcome.error,
        binary: beginning.binary,
        commit: beginning.commit,
        tables,
        details: outcome.details,
        previous,
    })
}

/// The tables that have another version or rows that were written.
fn changes(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    rows: &[TableRows],
) -> Vec<TableChange> {
    let of_lake = |table: &TableRows| TableRows {
        table: lake_name(&table.table, before, after).unwrap_or(&table.table).to_owned(),
        ..table.clone()
    };
    let rows: Vec<TableRows> = rows.iter().map(of_lake).collect();
    let mut names: BTreeSet<&str> = before.keys().chain(after.keys()).map(String::as_str).collect();
    names.retain(|name| before.get(*name) != after.get(*name));
    names.extend(rows.iter().map(|table| table.table.as_str()));
    let change = |name: &str| {
        let of = rows.iter().find(|table| table.table == name);
        TableChange {
            table: name.to_owned(),
            before: before.get(name).copied(),
            after: after.get(name).copied(),
            rows: of.and_then(|table| table.rows),
            rejected: of.and_then(|table| table.rejected),
        }
    };
    names.into_iter().map(change).collect()
}

/// The table of the lake that is the copy of a table of the warehouse.
fn lake_name<'v>(
    table: &str,
    before: &'v BTreeMap<String, u64>,
    after: &'v BTreeMap<String, u64>,
) -> Option<&'v str> {
    let (schema, name) = table.split_once('.')?;
    let fits = |label: &&String| {
        label.split_once('.').is_some_and(|(layer, own)| own == name && is_of_layer(schema, layer))
    };
    after.keys().chain(before.keys()).find(fits).map(String::as_str)
}

/// Adds the entries of commands whose process is gone: nobody holds their files any more.
fn end_killed(trail: &Trail, held: &Held) -> Result<()> {
    let folder = trail.open_folder();
    for entry in std::fs::read_dir(&folder).or_cannot_at("list the folder", &folder)?.flatten() {
        let marker = entry.path();
        let Ok(file) = File::open(&marker) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let text = std::fs::read(&marker).or_cannot_at("read the audit trail", &marker)?;
        // One that was killed before it had written this file had not begun its work.
        if let Ok(beginning) = serde_json::from_slice::<Beginning>(&text) {
            // One that was killed after it had added its entry has one.
            if !has_entry(trail, &beginning)? {
                let outcome = Outcome { result: "killed".to_owned(), ..Outcome::default() };
                let after = newest_versions(&beginning.lake)?;
                add(trail, held, beginning, None, outcome, &after)?;
            }
        }
        remove(&marker)?;
    }
    Ok(())
}

fn has_entry(trail: &Trail, beginning: &Beginning) -> Result<bool> {
    let needle = beginning.id.as_bytes();
    let is_in = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    if trail.last_line().is_some_and(|(line, _)| is_in(&line)) {
        return Ok(true);
    }
    Ok(trail.lines()?.iter().any(|line| is_in(&line.bytes)))
}

fn remove(marker: &Path) -> Result<()> {
    std::fs::remove_file(marker).or_cannot_at("write to the audit trail", marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_with_another_version_or_rows_are_changed() {
        let versions = |all: &[(&str, u64)]| -> BTreeMap<String, u64> {
            all.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect()
        };
        let (before, after) =
            (versions(&[("a.x", 1), ("a.y", 2)]), versions(&[("a.x", 3), ("a.y", 2), ("a.z", 0)]));
        let rows = |table: &str| TableRows { table: table.to_owned(), rows: Some(7), rejected: None };
        let rows = [rows("g.v"), rows("main_a.z")];
        let found = changes(&before, &after, &rows);
        let shown: Vec<_> =
            found.iter().map(|one| (one.table.as_str(), one.before, one.after, one.rows)).collect();
        assert_eq!(
            shown,
            [("a.x", Some(1), Some(3), None), ("a.z", None, Some(0), Some(7)), ("g.v", None, None, Some(7))]
        );
    }
}
