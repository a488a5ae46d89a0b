//! Entries of the trail, for people and programs.

use super::entry::{Entry, TableChange};
use super::trail::Trail;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Table, counted, noun, thousands};
use jiff::Timestamp;
use serde_json::Value;

/// Tables of an entry that a row of the table lists.
const LISTED: usize = 3;
/// Characters of a commit that tell it from others.
const SHORT: usize = 9;
/// Columns of a terminal, those between two columns of a table, and the fewest that the last one has.
const TERMINAL: usize = 100;
const BETWEEN: usize = 2;
const NARROWEST: usize = 30;

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
    /// The entries for a terminal of 100 columns: each change on a line of its own.
    pub fn table(&self) -> Table {
        let has_commit = self.entries.iter().any(|entry| entry.commit.is_some());
        let mut headers = vec!["entry", "started (UTC)", "user", "command"];
        headers.extend(has_commit.then_some("commit"));
        let mut rows: Vec<Vec<String>> = self.entries.iter().map(|entry| head(entry, has_commit)).collect();
        let taken = (0..headers.len()).map(|at| {
            let cells = rows.iter().map(|row| row[at].chars().count());
            cells.max().unwrap_or_default().max(headers[at].len()) + BETWEEN
        });
        let width = TERMINAL.saturating_sub(taken.sum::<usize>() + BETWEEN).max(NARROWEST);
        headers.push("changed");
        for (row, entry) in rows.iter_mut().zip(&self.entries) {
            row.push(self.changed(entry, width));
        }
        Table {
            title: "audit trail".to_owned(),
            headers: headers.into_iter().map(str::to_owned).collect(),
            rows,
        }
    }

    /// `bronze.orders 3 to 4 (120 rows, 2 rejected)`; of many tables, those with the most rows.
    fn changed(&self, entry: &Entry, width: usize) -> String {
        let mut tables: Vec<&TableChange> = entry
            .tables
            .iter()
            .filter(|change| self.table.as_ref().is_none_or(|table| is_named(change, table)))
            .collect();
        tables.sort_by_key(|change| std::cmp::Reverse(change.rows.unwrap_or_default()));
        let mut lines: Vec<String> =
            tables.iter().take(LISTED).flat_map(|change| of_table(change, width)).collect();
        if tables.len() > LISTED {
            lines.push(format!("and {} more", tables.len() - LISTED));
        }
        if self.table.is_none() {
            let details = entry.details.iter().map(|(name, value)| format!("{name}: {}", plain(value)));
            lines.extend(details.map(|line| cut(&line, width)));
        }
        lines.join("\n")
    }

    pub fn json(&self) -> Value {
        let entries = self.entries.iter().map(|entry| serde_json::to_value(entry).unwrap_or_default());
        Value::Array(entries.collect())
    }
}

/// The cells of an entry before what it changed.
fn head(entry: &Entry, has_commit: bool) -> Vec<String> {
    let started = entry
        .started
        .parse::<Timestamp>()
        .map_or_else(|_| entry.started.clone(), |started| started.strftime("%Y-%m-%d %H:%M").to_string());
    let command = match entry.result.as_str() {
        "ok" => entry.command.clone(),
        result => format!("{} ({result})", entry.command),
    };
    let mut cells = vec![entry.number.to_string(), started, entry.user.clone(), command];
    if has_commit {
        let commit = entry.commit.as_deref().unwrap_or_default();
        cells.push(commit.get(..SHORT).unwrap_or(commit).to_owned());
    }
    cells
}

/// One line, or two if it would be wider.
fn of_table(change: &TableChange, width: usize) -> Vec<String> {
    let version =
        |version: Option<u64>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let mut text = change.table.clone();
    if change.before != change.after {
        text.push_str(&format!(" {} to {}", version(change.before), version(change.after)));
    }
    let rows = noun(change.rows.unwrap_or_default(), "row");
    let counts = [(change.rows, rows.as_str()), (change.rejected.filter(|count| *count > 0), "rejected")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter_map(|(count, word)| Some(format!("{} {word}", thousands(count?))))
        .collect();
    if counts.is_empty() {
        return vec![text];
    }
    let counts = format!("({})", counts.join(", "));
    match text.chars().count() + 1 + counts.chars().count() <= width {
        true => vec![format!("{text} {counts}")],
        false => vec![text, format!("  {counts}")],
    }
}

fn cut(line: &str, width: usize) -> String {
    match line.char_indices().nth(width.saturating_sub(1)) {
        Some((end, _)) if line.chars().count() > width => format!("{}…", &line[..end]),
        _ => line.to_owned(),
    }
}

/// A detail in few words. Of a list of documents, such as the certificates of an erasure, it is said how many; `--format json`
/// has them.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), thousands),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{} {name}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            let places =
                items.iter().filter_map(|item| item["places"].as_array()).map(Vec::len).sum::<usize>();
            let people = items.iter().filter_map(|item| item["people"].as_u64()).max();
            match (places, people.unwrap_or_default()) {
                (0, _) => thousands(items.len() as u64),
                (places, 1) => format!("one person in {}", counted(places as u64, "place")),
                (places, people) => {
                    format!("{} people in {}", thousands(people), counted(places as u64, "place"))
                }
            }
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
