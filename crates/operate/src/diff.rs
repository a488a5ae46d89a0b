//! Rows that differ between two versions of a table: added, removed, or changed in some of their cells.
//!
//! Only files that one of the versions has and the other has not are read. Rows that are in both of them cancel out. What is
//! left is paired by a key: the columns that the caller names, or else a column without repeated values in
//! either version.

use crate::as_of::AsOf;
use crate::relation::Reader;
use crate::relation::refuse_lost;
use crate::rows::json;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Table, counted, thousands};
use ingot_engine::{Cell, Rows, Session, name_literal};
use ingot_lake::{DeltaTable, LakeTable, LiveFile};
use serde_json::{Map, Value, json as object};

/// Which versions to compare.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// The version before `to` if not given.
    pub from: Option<AsOf>,
    /// The newest version if not given.
    pub to: Option<AsOf>,
    /// Columns that say which rows are the same one.
    pub key: Vec<String>,
    /// At most this many rows of each sort are given; all are counted.
    pub limit: Option<usize>,
}

/// What differs between two versions.
#[derive(Debug, Clone)]
pub struct Difference {
    pub table: String,
    pub from: u64,
    pub to: u64,
    /// By which rows were paired; empty if there is no such column, and then no row counts as changed.
    pub key: Vec<String>,
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    /// Columns of `to` that `from` has not, and the other way round. They are not compared.
    pub new_columns: Vec<String>,
    pub lost_columns: Vec<String>,
    columns: Vec<String>,
    added_rows: Vec<Vec<Cell>>,
    removed_rows: Vec<Vec<Cell>>,
    /// Both sides of a row, one behind the other.
    changed_rows: Vec<Vec<Cell>>,
}

/// # Errors
/// A version does not exist, its files are gone, or the key is not a column or repeats.
pub fn diff(table: &LakeTable, options: &DiffOptions) -> Result<Difference> {
    let newest = table.open()?;
    let to = match options.to {
        Some(as_of) => as_of.open(&newest)?,
        None => table.open()?,
    };
    let from = match options.from {
        Some(as_of) => as_of.open(&newest)?,
        None => match to.version() {
            0 => return Err(Error::new("there is no version before version 0").at(newest.root())),
            version => AsOf::Version(version - 1).open(&newest)?,
        },
    };
    let (old_files, new_files) = (from.files()?, to.files()?);
    let only = |files: &[LiveFile], others: &[LiveFile]| -> Vec<LiveFile> {
        files.iter().filter(|file| !others.iter().any(|other| other.has_rows_of(file))).cloned().collect()
    };
    let (old_only, new_only) = (only(&old_files, &new_files), only(&new_files, &old_files));
    refuse_lost(table, &from, &old_only)?;
    refuse_lost(table, &to, &new_only)?;
    let (old_columns, new_columns) = (names(&from)?, names(&to)?);
    let columns: Vec<String> =
        new_columns.iter().filter(|name| old_columns.contains(name)).cloned().collect();
    let mut reader = Reader::new()?;
    let (old_query, new_query) = (reader.query(&from, &old_only)?, reader.query(&to, &new_only)?);
    let list = listed(&columns, "");
    let session = reader.session.as_mut();
    session.execute(&format!(
        "create temp view old_side as select {list} from ({old_query}); \
         create temp view new_side as select {list} from ({new_query}); \
         create temp table removed as select * from old_side except all select * from new_side; \
         create temp table added as select * from new_side except all select * from old_side"
    ))?;
    let mut found = Difference {
        table: table.label(),
        from: from.version(),
        to: to.version(),
        key: Vec::new(),
        added: count(session, "added")?,
        removed: count(session, "removed")?,
        changed: 0,
        new_columns: new_columns.iter().filter(|name| !old_columns.contains(name)).cloned().collect(),
        lost_columns: old_columns.iter().filter(|name| !new_columns.contains(name)).cloned().collect(),
        columns,
        added_rows: Vec::new(),
        removed_rows: Vec::new(),
        changed_rows: Vec::new(),
    };
    if found.added > 0 && found.removed > 0 {
        let whole = [reader.query(&from, &old_files)?, reader.query(&to, &new_files)?];
        found.key = key(reader.session.as_mut(), &found.columns, &whole, &options.key)?;
    }
    fetch(reader.session.as_mut(), &mut found, options.limit)?;
    Ok(found)
}

fn names(table: &DeltaTable) -> Result<Vec<String>> {
    Ok(table.schema()?.fields().iter().map(|field| field.name().clone()).collect())
}

fn listed(columns: &[String], of: &str) -> String {
    let listed: Vec<String> = columns.iter().map(|name| format!("{of}{}", name_literal(name))).collect();
    listed.join(", ")
}

fn count(session: &mut dyn Session, from: &str) -> Result<u64> {
    let found = session.query(&format!("select count(*) from {from}"))?;
    Ok(found.first().and_then(Cell::as_i64).and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// The columns by which rows are paired. Of the columns whose values do not repeat in either version, the one that pairs most
/// rows; bronze also has the place of a row in its raw file.
fn key(
    session: &mut dyn Session,
    columns: &[String],
    whole: &[String; 2],
    wanted: &[String],
) -> Result<Vec<String>> {
    if !wanted.is_empty() {
        let unknown = wanted.iter().find(|name| !columns.contains(name));
        if let Some(name) = unknown {
            return Err(Error::new(format!("the versions have no common column '{name}'"))
                .of_kind(Kind::NotFound { what: "column", name: name.clone() })
                .did_you_mean(name, columns.iter().map(String::as_str)));
        }
        return match is_unique(session, wanted, whole)? {
            true => Ok(wanted.to_vec()),
            false => Err(Error::new(format!("several rows have the same ({})", wanted.join(", ")))
                .hint("name more columns with --key")),
        };
    }
    let mut candidates: Vec<Vec<String>> = columns.iter().map(|name| vec![name.clone()]).collect();
    let place = ["src_filename", "src_row_number", "ingestion_ts"].map(str::to_owned);
    if place.iter().all(|name| columns.contains(name)) {
        candidates.push(place.to_vec());
    }
    let mut by_pairs = Vec::new();
    for (rank, candidate) in candidates.into_iter().enumerate() {
        let pairs = count(
            session,
            &format!(
                "(select distinct {0} from removed intersect select distinct {0} from added)",
                listed(&candidate, "")
            ),
        )?;
        by_pairs.push((std::cmp::Reverse(pairs), rank, candidate));
    }
    by_pairs.sort();
    for (pairs, _, candidate) in by_pairs {
        if pairs.0 > 0 && is_unique(session, &candidate, whole)? {
            return Ok(candidate);
        }
    }
    Ok(Vec::new())
}

fn is_unique(session: &mut dyn Session, key: &[String], whole: &[String; 2]) -> Result<bool> {
    for query in whole {
        let repeated =
            format!("(select 1 from ({query}) group by {} having count(*) > 1 limit 1)", listed(key, ""));
        if count(session, &repeated)? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn fetch(session: &mut dyn Session, found: &mut Difference, limit: Option<usize>) -> Result<()> {
    let limit = limit.map_or_else(String::new, |limit| format!(" limit {limit}"));
    let (mut not_added, mut not_removed) = ("false".to_owned(), "false".to_owned());
    if !found.key.is_empty() {
        let same = |one: &str, other: &str| {
            let same: Vec<String> = found
                .key
                .iter()
                .map(|name| format!("{one}.{0} is not distinct from {other}.{0}", name_literal(name)))
                .collect();
            same.join(" and ")
        };
        let pairs = format!("removed inner join added on {}", same("removed", "added"));
        found.changed = count(session, &pairs)?;
        found.added -= found.changed;
        found.removed -= found.changed;
        let order = listed(&found.key, "removed.");
        found.changed_rows = session
            .query(&format!(
                "select {}, {} from {pairs} order by {order}{limit}",
                listed(&found.columns, "removed."),
                listed(&found.columns, "added.")
            ))?
            .rows;
        not_added = format!("exists (select 1 from removed where {})", same("removed", "added"));
        not_removed = format!("exists (select 1 from added where {})", same("removed", "added"));
    }
    let mut rows = |from: &str, except: &str| -> Result<Rows> {
        session.query(&format!("select * from {from} where not {except} order by all{limit}"))
    };
    found.added_rows = rows("added", &not_added)?.rows;
    found.removed_rows = rows("removed", &not_removed)?.rows;
    Ok(())
}

/// Characters of a row that a table shows.
const SHOWN: usize = 100;

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.added + self.removed + self.changed == 0
            && self.new_columns.is_empty()
            && self.lost_columns.is_empty()
    }

    /// What a person reads first.
    pub fn line(&self) -> String {
        let mut line = format!(
            "{}, version {} to {}: {} added, {} removed, {} changed",
            self.table,
            self.from,
            self.to,
            counted(self.added, "row"),
            thousands(self.removed),
            thousands(self.changed)
        );
        if !self.key.is_empty() {
            line.push_str(&format!("; rows are matched by {}", self.key.join(", ")));
        }
        for (word, columns) in [("new", &self.new_columns), ("lost", &self.lost_columns)] {
            if !columns.is_empty() {
                line.push_str(&format!("; {word} columns: {}", columns.join(", ")));
            }
        }
        line
    }

    pub fn table(&self) -> Table {
        let mut rows = Vec::new();
        for row in &self.changed_rows {
            let cells: Vec<String> = self
                .cells(row)
                .map(|(name, before, after)| format!("{name}: {} → {}", shown(before), shown(after)))
                .collect();
            rows.push(vec!["changed".to_owned(), self.key_of(row), cells.join(", ")]);
        }
        for (word, side) in [("added", &self.added_rows), ("removed", &self.removed_rows)] {
            for row in side {
                let cells: Vec<String> = self
                    .columns
                    .iter()
                    .zip(row)
                    .map(|(name, cell)| format!("{name}: {}", shown(cell)))
                    .collect();
                rows.push(vec![word.to_owned(), self.key_of(row), cut(&cells.join(", "))]);
            }
        }
        let headers = ["change", "key", "cells"].map(str::to_owned).to_vec();
        Table { title: format!("{} from version {} to {}", self.table, self.from, self.to), headers, rows }
    }

    pub fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| {
            let members = self.columns.iter().zip(row);
            Value::Object(members.map(|(name, cell)| (name.clone(), json(cell))).collect::<Map<_, _>>())
        };
        let rows = |rows: &[Vec<Cell>]| rows.iter().map(row).collect::<Vec<_>>();
        let changed: Vec<Value> = self
            .changed_rows
            .iter()
            .map(|both| {
                let cells: Map<String, Value> = self
                    .cells(both)
                    .map(|(name, before, after)| {
                        (name.to_owned(), object!({ "before": json(before), "after": json(after) }))
                    })
                    .collect();
                let key = self.key.iter().filter_map(|name| {
                    let at = self.columns.iter().position(|column| column == name)?;
                    Some((name.clone(), json(both.get(at)?)))
                });
                object!({ "key": Value::Object(key.collect()), "cells": cells })
            })
            .collect();
        object!({
            "table": self.table, "from": self.from, "to": self.to, "key": self.key,
            "added": self.added, "removed": self.removed, "changed": self.changed,
            "new_columns": self.new_columns, "lost_columns": self.lost_columns,
            "rows": { "added": rows(&self.added_rows), "removed": rows(&self.removed_rows), "changed": changed },
        })
    }

    /// The cells of a changed row that differ: column, before, after.
    fn cells<'r>(&'r self, both: &'r [Cell]) -> impl Iterator<Item = (&'r str, &'r Cell, &'r Cell)> {
        let (before, after) = both.split_at(self.columns.len().min(both.len()));
        let pairs = self.columns.iter().zip(before).zip(after);
        pairs
            .filter(|((_, before), after)| before != after)
            .map(|((name, before), after)| (name.as_str(), before, after))
    }

    fn key_of(&self, row: &[Cell]) -> String {
        let values = self.key.iter().filter_map(|name| {
            let at = self.columns.iter().position(|column| column == name)?;
            row.get(at).map(ToString::to_string)
        });
        values.collect::<Vec<_>>().join(", ")
    }
}

fn shown(cell: &Cell) -> String {
    if cell.is_null() { "null".to_owned() } else { cell.to_string() }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
