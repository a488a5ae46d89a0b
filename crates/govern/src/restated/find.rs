//! Compares two versions of a table, and asks for each row that differs where it comes from.

use super::answer::{ChangedBy, Restated, RestatedRow};
use crate::layer::is_of_layer;
use ingot_catalog::{SourceTypes, WhyPlaces, WhyQuestion, why};
use ingot_core::error::{Error, Result};
use ingot_engine::{name_literal, text_literal};
use ingot_lake::{DeltaTable, LakeTable};
use ingot_models::TypedProject;
use ingot_operate::{AsOf, DiffOptions, diff};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Rows of a feed that are listed for a row, at most.
const LISTED: usize = 1_000;

/// What is asked.
#[derive(Debug, Clone)]
pub struct RestatedOptions {
    pub between: AsOf,
    pub and: AsOf,
    /// Columns that tell rows apart; found by themselves if a column does.
    pub key: Vec<String>,
    /// At most so many rows are followed back.
    pub limit: usize,
}

/// # Errors
/// A version does not exist, its files are gone, or the project cannot be read.
pub fn restated(
    table: &LakeTable,
    project: &TypedProject,
    sources: &SourceTypes,
    places: &WhyPlaces,
    options: &RestatedOptions,
) -> Result<Restated> {
    let newest = table.open()?;
    let (from, to) = (options.between.open(&newest)?, options.and.open(&newest)?);
    if from.version() > to.version() {
        return Err(Error::new("--between must be before --and"));
    }
    let (from_written, to_written) = (written(&from)?, written(&to)?);
    let compared = DiffOptions {
        from: Some(AsOf::Version(from.version())),
        to: Some(AsOf::Version(to.version())),
        key: options.key.clone(),
        limit: Some(options.limit),
    };
    let found = diff(table, &compared)?;
    let document = found.json();
    let node = node_of(table, project);
    let mut rows = Vec::new();
    for row in document["rows"]["changed"].as_array().into_iter().flatten() {
        rows.push(RestatedRow {
            change: "changed",
            key: object(&row["key"]),
            cells: object(&row["cells"]),
            by: Vec::new(),
            notes: Vec::new(),
        });
    }
    for (change, side) in [("added", "after"), ("removed", "before")] {
        for row in document["rows"][change].as_array().into_iter().flatten() {
            rows.push(one_sided(change, side, &object(row), &found.key));
        }
    }
    rows.truncate(options.limit);
    for row in rows.iter_mut().filter(|row| row.change != "removed") {
        let question = WhyQuestion {
            table: node.clone(),
            condition: condition(row),
            column: None,
            limit: LISTED,
            loaded: Some((from_written, to_written)),
        };
        match why(project, sources, places, &question) {
            Ok(answer) => {
                let feeds =
                    answer.tables.into_iter().filter(|one| one.kind == "source" && !one.raw.is_empty());
                row.by = feeds.map(|one| ChangedBy { table: one.table, rows: one.raw }).collect();
                row.notes.extend(
                    answer.uncertain.map(|why| {
                        format!("some of the rows that are named may have changed nothing: {why}")
                    }),
                );
                if row.by.is_empty() {
                    row.notes.push("no row that was loaded in between is part of it: the model, or a row that left, has changed it".to_owned());
                }
            }
            Err(error) => row.notes.push(format!("it cannot be followed back: {}", error.message())),
        }
    }
    Ok(Restated {
        table: table.label(),
        from: from.version(),
        to: to.version(),
        from_written: from_written.to_string(),
        to_written: to_written.to_string(),
        changed: found.changed,
        added: found.added,
        removed: found.removed,
        rows,
    })
}

/// The model whose copy the table is, or else what the table is called.
fn node_of(table: &LakeTable, project: &TypedProject) -> String {
    let node = project.nodes.iter().find(|node| {
        node.relation.as_ref().is_some_and(|relation| {
            relation.identifier == table.name && is_of_layer(&relation.schema, &table.layer)
        })
    });
    node.map_or_else(|| table.label(), |node| node.unique_id.clone())
}

/// When a version was written.
fn written(version: &DeltaTable) -> Result<Timestamp> {
    let commit = version.last_commit()?;
    let time =
        commit.and_then(|commit| commit.timestamp).and_then(|time| Timestamp::from_millisecond(time).ok());
    time.ok_or_else(|| {
        Error::new(format!("it is not known when version {} was written", version.version()))
            .at(version.root())
    })
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A row that only one of the versions has. Without a key, all of its values tell it.
fn one_sided(change: &'static str, side: &str, row: &Map<String, Value>, key: &[String]) -> RestatedRow {
    let is_key = |name: &String| key.is_empty() || key.contains(name);
    let other = if side == "after" { "before" } else { "after" };
    let cell = |value: &Value| {
        let mut cell = Map::new();
        cell.insert(other.to_owned(), Value::Null);
        cell.insert(side.to_owned(), value.clone());
        Value::Object(cell)
    };
    RestatedRow {
        change,
        key: row
            .iter()
            .filter(|(name, _)| is_key(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        cells: row
            .iter()
            .filter(|(name, _)| !is_key(name))
            .map(|(name, value)| (name.clone(), cell(value)))
            .collect(),
        by: Vec::new(),
        notes: Vec::new(),
    }
}

/// SQL that only this row meets.
fn condition(row: &RestatedRow) -> String {
    let parts: Vec<String> = row
        .key
        .iter()
        .map(|(name, value)| {
            let name = name_literal(name);
            match value {
                Value::Null => format!("{name} is null"),
                Value::String(text) => format!("{name} = {}", text_literal(text)),
                Value::Bool(value) => format!("{name} = {value}"),
                other => format!("{name} = {other}"),
            }
        })
        .collect();
    parts.join(" and ")
}
