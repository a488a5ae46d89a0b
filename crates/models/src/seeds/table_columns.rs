//! A seed beside the table that an earlier run made of it: whether its rows can go in as they are.

use crate::graph::node::Node;
use crate::relations::column::Column;
use crate::values::agate::ResultTable;
use ingot_core::error::{Error, Result};

/// The columns that the table keeps as text although all values of the file have a narrower type now. Their text
/// must be loaded as delivered: `0123` stays `0123`.
///
/// A table that a macro of the project made (`has_own_table`) may have more columns than the file: they have defaults.
///
/// # Errors
/// If the table lacks columns of the file or has others, or cannot hold the values of one.
pub(crate) fn kept_as_text(
    node: &Node,
    seed: &ResultTable,
    table: &[Column],
    has_own_table: bool,
) -> Result<Vec<String>> {
    refuse_other_columns(node, seed, table, has_own_table)?;
    let mut as_text = Vec::new();
    for (index, (name, kind)) in seed.names.iter().zip(seed.types.iter()).enumerate() {
        let Some(column) = table.iter().find(|column| same(&column.name, name)) else { continue };
        let has_values = seed.rows.iter().any(|row| !row[index].is_none());
        if column.is_string() {
            if kind != "text" {
                as_text.push(name.clone());
            }
        } else if has_values && !given_type(node, name) && would_change(kind, &column.data_type) {
            return Err(Error::new(format!(
                "the column '{name}' of the seed '{}' is {kind} now, and {} in the table",
                node.name, column.data_type
            ))
            .at(&node.file)
            .hint(full_refresh(node)));
        }
    }
    Ok(as_text)
}

fn refuse_other_columns(
    node: &Node,
    seed: &ResultTable,
    table: &[Column],
    may_have_more: bool,
) -> Result<()> {
    let added = seed.names.iter().filter(|name| !table.iter().any(|column| same(&column.name, name)));
    let removed = table.iter().filter(|_| !may_have_more).map(|column| &column.name);
    let removed = removed.filter(|name| !seed.names.iter().any(|known| same(known, name)));
    let changes: Vec<String> = added
        .map(|name| format!("'{name}' is new"))
        .chain(removed.map(|name| format!("'{name}' is gone")))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "the header of the seed '{}' changed since its table was made: {}",
        node.name,
        changes.join(", ")
    ))
    .at_line(&node.file, 1)
    .hint(full_refresh(node)))
}

fn full_refresh(node: &Node) -> String {
    format!("run `ingot dbt seed --full-refresh --select {}` to make the table again", node.name)
}

/// Names of columns are equal in any case, as in DuckDB.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn given_type(node: &Node, name: &str) -> bool {
    node.config.get("column_types").and_then(|types| types.get(name)).is_some()
}

/// Whether DuckDB would round, cut or refuse values of this type in a column of the table's type.
fn would_change(seed: &str, table: &str) -> bool {
    let head = table.split('(').next().unwrap_or_default();
    match seed {
        "integer" => matches!(head, "DATE" | "TIMESTAMP" | "BOOLEAN"),
        "bigint" | "hugeint" => !matches!(head, "BIGINT" | "UBIGINT" | "HUGEINT" | "DECIMAL"),
        "float8" => !matches!(head, "DOUBLE" | "FLOAT"),
        "date" => !matches!(head, "DATE" | "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE"),
        "timestamp without time zone" => !head.starts_with("TIMESTAMP"),
        "boolean" => head != "BOOLEAN",
        _ => matches!(head, "INTEGER" | "BIGINT" | "HUGEINT" | "DOUBLE" | "DATE" | "TIMESTAMP" | "BOOLEAN"),
    }
}
