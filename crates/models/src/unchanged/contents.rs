//! What is in relations, as texts that are the same if and only if the rows are: a sum over the rows of a table, the SQL of a
//! view, the state of files.

use crate::connection::Connection;
use crate::hashing;
use crate::lake::column_types;
use crate::lake::content;
use crate::lake::files_in_sql::named_in;
use crate::relations::relation::Relation;
use ingot_core::error::Result;
use ingot_engine::{Cell, text_literal};
use ingot_lake::LakeTable;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Files up to this size are compared by what is in them, larger ones by their size and time.
const SMALL: u64 = 1 << 20;
/// A file that is younger than this may be changed again without another time.
const YOUNG: Duration = Duration::from_secs(2);

/// The rows of a table and its columns.
///
/// # Errors
/// It cannot be read.
pub(crate) fn of_table(connection: &mut Connection, relation: &Relation) -> Result<String> {
    let name = relation.render();
    let outcome = column_types::columns(connection, &name)
        .and_then(|columns| content::content(connection, &name, &columns, "true"));
    connection.rollback();
    outcome
}

/// The columns of a table alone, from what [`of_table`] gave.
pub(crate) fn columns_in(content: &str) -> Option<&str> {
    content.split_once(" of ").map(|(_, columns)| columns)
}

/// The definition of a view; `None` if there is none of that name.
///
/// # Errors
/// The database cannot be asked.
pub(crate) fn of_view(connection: &mut Connection, relation: &Relation) -> Result<Option<String>> {
    let part = |part: &Option<String>| text_literal(&part.as_deref().unwrap_or_default().to_lowercase());
    let sql = format!(
        "select sql from duckdb_views() where lower(database_name) = {} and lower(schema_name) = {} and lower(view_name) = {}",
        part(&relation.database),
        part(&relation.schema),
        part(&relation.identifier)
    );
    let rows = connection.query(&sql, false)?;
    Ok(rows.first().and_then(Cell::as_str).map(str::to_owned))
}

/// The newest version of a table of the lake that has other files or other columns than the one before; `None` if its log
/// cannot be read. (A load commits too which files it has looked at, also those of which no row was accepted.)
pub(crate) fn of_lake_table(table: &LakeTable) -> Option<String> {
    let log = table.delta().join("_delta_log");
    let mut names: Vec<String> = std::fs::read_dir(&log)
        .ok()?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.len() == 25 && name.ends_with(".json") && name.as_bytes()[0].is_ascii_digit())
        .collect();
    names.sort_unstable();
    let mut oldest = None;
    for name in names.iter().rev() {
        // The commit says when and by which run it was made, so that no other is the same.
        let commit = std::fs::read(log.join(name)).ok()?;
        let version = hashing::of_texts([name.as_bytes(), commit.as_slice()]);
        if changes_rows(&commit) {
            return Some(version);
        }
        oldest = Some(version);
    }
    // What was before was removed from the log.
    oldest
}

/// Whether a commit of a Delta log adds or removes files, or changes the table's columns or its protocol: each action is a line
/// with an object of one member, its name.
fn changes_rows(commit: &[u8]) -> bool {
    const ACTIONS: [&[u8]; 4] = [b"{\"add\"", b"{\"remove\"", b"{\"metaData\"", b"{\"protocol\""];
    let is_there = |line: &[u8], action: &[u8]| line.starts_with(action);
    commit.split(|byte| *byte == b'\n').any(|line| {
        // In doubt it does.
        !line.starts_with(b"{\"") && !line.is_empty() || ACTIONS.iter().any(|action| is_there(line, action))
    })
}

/// The files that an expression such as `read_csv('data/*.csv')` names; `None` if they cannot be compared: it names none that
/// is there, or puts their names together.
///
/// `written` says that the run itself has just written them, so that they are young and whole.
///
/// # Errors
/// The database cannot be asked.
pub(crate) fn of_files(
    connection: &mut Connection,
    expression: &str,
    written: bool,
) -> Result<Option<String>> {
    let named = named_in(expression);
    if named.is_computed {
        return Ok(None);
    }
    let mut parts = vec![expression.to_owned()];
    let texts: BTreeSet<&String> = named.texts.iter().collect();
    for text in texts {
        if text.contains("://") {
            return Ok(None);
        }
        let sql = format!("select file from glob({}) order by file", text_literal(text));
        let found = connection.query(&sql, false)?;
        for file in found.rows.iter().filter_map(|row| row.first()?.as_str()) {
            let Some(state) = state_of_file(Path::new(file), written) else { return Ok(None) };
            parts.push(format!("{file} {state}"));
        }
    }
    Ok((parts.len() > 1).then(|| hashing::of_texts(parts)))
}

/// `None` if the file cannot be read, or is so young that its time says nothing.
fn state_of_file(file: &Path, written: bool) -> Option<String> {
    let about = std::fs::metadata(file).ok()?;
    if about.len() <= SMALL {
        return Some(hashing::of_texts([std::fs::read(file).ok()?]));
    }
    let modified = about.modified().ok()?;
    let age = SystemTime::now().duration_since(modified).unwrap_or_default();
    (written || age > YOUNG).then(|| format!("{} {modified:?}", about.len()))
}
