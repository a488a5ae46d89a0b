//! What is kept of a node that ran, in the table `main.manifest_node_inputs` of the warehouse.

use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::relations::relation::Relation;
use ingot_core::error::Result;
use ingot_engine::{Cell, Dialect, text_literal};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

const TABLE: &str = "manifest_node_inputs";

const CREATE: &str = "create table if not exists main.manifest_node_inputs (
    unique_id varchar not null,
    record varchar not null
)";

/// How many rows one statement writes.
const AT_ONCE: usize = 500;

/// What templates asked for, so that it can be asked again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The key of the set of names that were looked for among the macros: many nodes have the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) names: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variables: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) environment: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) flags: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) target: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) project: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) graph: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) day: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// A node that ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Why it runs each time; `None` if it need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) always: Option<String>,
    #[serde(default)]
    pub(crate) asked: Asked,
    /// What it was built from: the hash of each thing, by its name (`inputs`).
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, String>,
    /// What was in the relations above it, by unique id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) above: BTreeMap<String, String>,
    /// Which columns these had, of a node that reads no more of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) columns: BTreeMap<String, String>,
    /// What its relation held when it was done; `None` if it makes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<String>,
    /// `success`, `pass` or `warn`; nothing for a source.
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failures: Option<i64>,
    /// The hash of its compiled SQL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) compiled: String,
    /// That SQL itself, of a snapshot: there is no file with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<String>,
}

/// Everything that is kept.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) nodes: HashMap<String, Record>,
    /// Sets of names, by their key.
    pub(crate) names: HashMap<String, Vec<String>>,
}

/// Rows of names have this in front of their key, which no unique id begins with.
const NAMES: &str = "names.";

/// Whether the warehouse has the table.
pub(crate) fn is_there(run: &Execution, database: &str) -> bool {
    run.cache.get(&Relation::new(Dialect::DuckDb, Some(database), Some("main"), Some(TABLE))).is_some()
}

/// Reads what is kept. What cannot be read (another version of ingot has written it) is as if it were not there.
///
/// # Errors
/// The warehouse cannot be read.
pub(crate) fn read(connection: &mut Connection) -> Result<Records> {
    let rows = connection.query("select unique_id, record from main.manifest_node_inputs", false)?;
    let mut records = Records::default();
    for row in &rows.rows {
        let [Cell::Text(id), Cell::Text(text)] = row.as_slice() else { continue };
        if let Some(key) = id.strip_prefix(NAMES) {
            records.names.insert(key.to_owned(), serde_json::from_str(text).unwrap_or_default());
        } else if let Ok(record) = serde_json::from_str(text) {
            records.nodes.insert(id.clone(), record);
        }
    }
    Ok(records)
}

/// What is to be written.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) nodes: Vec<(String, Record)>,
    pub(crate) names: Vec<(String, Vec<String>)>,
    /// Unique ids of nodes of which nothing is to be kept.
    pub(crate) forgotten: Vec<String>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.names.is_empty() && self.forgotten.is_empty()
    }
}

/// Writes changes in one transaction.
///
/// # Errors
/// The warehouse cannot be written; then none of them is.
pub(crate) fn write(connection: &mut Connection, changes: &Changes) -> Result<()> {
    let outcome = try_write(connection, changes);
    if outcome.is_err() {
        connection.rollback();
    }
    outcome
}

fn try_write(connection: &mut Connection, changes: &Changes) -> Result<()> {
    connection.execute(CREATE, false)?;
    let mut rows: Vec<(String, String)> = Vec::new();
    for (id, record) in &changes.nodes {
        rows.push((id.clone(), serde_json::to_string(record).unwrap_or_default()));
    }
    for (key, names) in &changes.names {
        rows.push((format!("{NAMES}{key}"), serde_json::to_string(names).unwrap_or_default()));
    }
    let gone: Vec<&str> =
        rows.iter().map(|(id, _)| id.as_str()).chain(changes.forgotten.iter().map(String::as_str)).collect();
    for ids in gone.chunks(AT_ONCE) {
        let ids: Vec<String> = ids.iter().map(|id| text_literal(id)).collect();
        let sql = format!("delete from main.manifest_node_inputs where unique_id in ({})", ids.join(", "));
        connection.execute(&sql, true)?;
    }
    for rows in rows.chunks(AT_ONCE) {
        let rows: Vec<String> = rows
            .iter()
            .map(|(id, record)| format!("({}, {})", text_literal(id), text_literal(record)))
            .collect();
        let sql = format!("insert into main.manifest_node_inputs values {}", rows.join(", "));
        connection.execute(&sql, true)?;
    }
    connection.commit()
}
