//! Entries of the trail, for people and programs.

use super::entry::{Entry, TableChange};
use super::trail::Trail;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Table, thousands};
use jiff::Timestamp;
use serde_json::Value;

/// Tables of an entry that a row of the table lists.
const LISTED: usize = 3;
/// Characters of a commit that tell it from others.
const SHORT: usize = 9;

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only those that changed this table: `gold.fct_sales`, or its name alone.
    pub table: Option<String>,
    /// Only those that began at this moment or later.
    pub since: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

/// Entries, the newest first.
#[derive(Debug, Clone)]
pub struct Audited {
    pub entries: Vec<Entry>,
    /// Lines that are not entries any more.
    pub unreadable: usize,
    table: Option<String>,
}

impl Trail {
    /// # Errors
    /// There is no trail, or a file of it cannot be read.
    pub fn entries(&self, query: &AuditQuery) -> Result<Audited> {
        let lines = self.lines()?;
        if lines.is_empty() {
            return Err(Error::new("there is no audit trail yet")
                .of_kind(Kind::NotFound { what: "audit trail", name: "audit".to_owned() })
                .at(self.folder())
                .hint(
                    "it begins with the first command that changes something, such as `ingot load-bronze`",
                ));
        }
        let (mut entries, mut unreadable) = (Vec::new(), 0);
        for line in lines.iter().rev() {
            match serde_json::from_slice::<Entry>(&line.bytes) {
                Ok(entry) if query.takes(&entry) => entries.push(entry),
                Ok(_) => {}
                Err(_) => unreadable += 1,
            }
            if query.limit.is_some_and(|limit| entries.len() >= limit) {
                break;
            }
        }
        Ok(Audited { entries, unreadable, table: query.table.clone() })
    }
}

impl AuditQuery {
    fn takes(&self, entry: &Entry) -> bool {
        let is_recent = self
            .since
            .is_none_or(|since| entry.started.parse::<Timestamp>().is_ok_and(|started| started >= since));
        let has_table =
            self.table.as_ref().is_none_or(|table| entry.tables.iter().any(|change| is_named(change, table)));
        is_recent && has_table
    }
}

/// Whether a table is meant by `gold.fct_sales` or `fct_sales`.
fn is_named(change: &TableChange, name: &str) -> bool {
    change.table == name || change.table.split_once('.').is_some_and(|(_, own)| own == name)
}

impl Audited {
    pub fn table(&self) -> Table {
        let headers = ["entry", "started (UTC)", "user", "command", "result", "commit", "changed"];
        Table {
            title: "audit trail".to_owned(),
            headers: headers.map(str::to_owned).to_vec(),
            rows: self.entries.iter().map(|entry| self.row(entry)).collect(),
        }
    }

    fn row(&self, entry: &Entry) -> Vec<String> {
        let started = entry.started.parse::<Timestamp>().map_or_else(
            |_| entry.started.clone(),
            |started| started.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        );
        let commit = entry.commit.as_deref().unwrap_or_default();
        vec![
            entry.number.to_string(),
            started,
            entry.user.clone(),
            entry.command.clone(),
            entry.result.clone(),
            commit.get(..SHORT).unwrap_or(commit).to_owned(),
            self.changed(entry),
        ]
    }

    /// `bronze.orders 3 to 4 (120 rows, 2 rejected)`; of many tables, those with the most rows.
    fn changed(&self, entry: &Entry) -> String {
        let mut tables: Vec<&TableChange> = entry
            .tables
            .iter()
            .filter(|change| self.table.as_ref().is_none_or(|table| is_named(change, table)))
            .collect();
        tables.sort_by_key(|change| std::cmp::Reverse(change.rows.unwrap_or_default()));
        let mut parts: Vec<String> = tables.iter().take(LISTED).map(|change| of_table(change)).collect();
        if tables.len() > LISTED {
            parts.push(format!("and {} more", tables.len() - LISTED));
        }
        if self.table.is_none() {
            parts.extend(entry.details.iter().map(|(name, value)| format!("{name}: {}", plain(value))));
        }
        parts.join("; ")
    }

    pub fn json(&self) -> Value {
        let entries = self.entries.iter().map(|entry| serde_json::to_value(entry).unwrap_or_default());
        Value::Array(entries.collect())
    }
}

fn of_table(change: &TableChange) -> String {
    let version =
        |version: Option<u64>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let mut text = change.table.clone();
    if change.before != change.after {
        text.push_str(&format!(" {} to {}", version(change.before), version(change.after)));
    }
    let counts = [(change.rows, "rows"), (change.rejected.filter(|count| *count > 0), "rejected")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter_map(|(count, word)| Some(format!("{} {word}", thousands(count?))))
        .collect();
    if !counts.is_empty() {
        text.push_str(&format!(" ({})", counts.join(", ")));
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{} {name}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
