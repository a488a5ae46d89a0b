//! What is said of a condition that the database does not take.

use ingot_core::error::{Error, nearest};
use ingot_engine::{SqlError, SqlErrorKind};

/// Columns that a message names at most.
const NAMED: usize = 12;

/// The error of a statement with the condition in it, told of the condition if it is to blame: what the question says is wrong
/// then, and nothing has failed. Other errors stay as they are.
pub(super) fn unclear_condition<'c>(
    table: &str,
    columns: impl Iterator<Item = &'c str>,
    condition: &str,
    error: Error,
) -> Error {
    let Some(parts) = SqlError::of(&error) else { return error };
    let columns: Vec<&str> = columns.collect();
    match &parts.kind {
        SqlErrorKind::Binder if missing_column(&parts.message).is_some() => {
            let missing = missing_column(&parts.message).unwrap_or_default();
            let out = Error::new(format!("{table} has no column '{missing}', which --where names"));
            match nearest(missing, columns.iter().copied()) {
                Some(near) => out.hint(format!("did you mean '{near}'?")),
                None => out.hint(format!("name one of its columns: {}", listed(&columns))),
            }
        }
        SqlErrorKind::Parser
        | SqlErrorKind::Binder
        | SqlErrorKind::Catalog
        | SqlErrorKind::Conversion
        | SqlErrorKind::InvalidInput => unreadable_condition(table, condition, &parts.message),
        _ => error,
    }
}

/// The error of a condition that is not SQL, in the words of the parser.
pub(super) fn unreadable_condition(table: &str, condition: &str, why: &str) -> Error {
    let first = why.lines().next().unwrap_or_default();
    let first = first.strip_prefix("the SQL cannot be read as a tree: ").unwrap_or(first);
    Error::new(format!("the condition '{condition}' cannot be asked of {table}: {first}"))
        .hint("write what would stand after WHERE, such as order_id = 5")
}

/// From `Referenced column "x" not found in FROM clause!`, and what DuckDB says of a column of a named table.
fn missing_column(message: &str) -> Option<&str> {
    let is_missing =
        message.contains("not found in FROM clause") || message.contains("does not have a column named");
    let named = match message.split_once("does not have a column named \"") {
        Some((_, rest)) => rest,
        None => message.split_once("Referenced column \"")?.1,
    };
    named.split_once('"').map(|(name, _)| name).filter(|_| is_missing)
}

fn listed(columns: &[&str]) -> String {
    let shown = columns[..columns.len().min(NAMED)].join(", ");
    if columns.len() > NAMED { format!("{shown}, …") } else { shown }
}
