//! Rows of a table, for `--with-samples`: never of a personal column.

use super::warehouse::Warehouse;
use ingot_engine::{Cell, name_literal};
use ingot_models::TypedNode;
use serde::Serialize;

/// Rows that are shown.
const ROWS: usize = 8;
/// Characters of a value that are shown.
const CHARACTERS: usize = 80;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Samples {
    pub(crate) columns: Vec<String>,
    /// `None` for a value that is null.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// Columns that are left out.
    pub(crate) personal: Vec<String>,
    /// Why there are no rows, if there are none.
    pub(crate) why: Option<String>,
}

/// The first rows of a node's table, of the columns that are not personal.
pub(super) fn of(
    node: &TypedNode,
    is_personal: &dyn Fn(usize) -> bool,
    warehouse: &mut Warehouse,
) -> Option<Samples> {
    let relation = node.relation.as_ref()?;
    let external = node.source.as_ref().and_then(|source| source.external.clone());
    if external.is_none() && !warehouse.is_there {
        return None;
    }
    let from = external.unwrap_or_else(|| {
        format!("{}.{}", name_literal(&relation.schema), name_literal(&relation.identifier))
    });
    let (mut columns, mut personal) = (Vec::new(), Vec::new());
    for (at, column) in node.columns.iter().enumerate() {
        if is_personal(at) { &mut personal } else { &mut columns }.push(column.name.clone());
    }
    let mut found = Samples { columns, rows: Vec::new(), personal, why: None };
    if found.columns.is_empty() {
        found.why = Some(match found.personal.is_empty() {
            true => "its columns are not known".to_owned(),
            false => "all of its columns hold personal data".to_owned(),
        });
        return Some(found);
    }
    let names: Vec<String> = found.columns.iter().map(|name| name_literal(name)).collect();
    let sql = format!("select {} from {from} limit {ROWS}", names.join(", "));
    match warehouse.session.query(&sql) {
        Ok(rows) => found.rows = rows.rows.iter().map(|row| row.iter().map(shown).collect()).collect(),
        // The message may quote values.
        Err(_) => found.why = Some("the table is not there, or is not as the models describe it".to_owned()),
    }
    Some(found)
}

fn shown(cell: &Cell) -> Option<String> {
    if *cell == Cell::Null {
        return None;
    }
    let text = cell.to_string();
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => Some(format!("{}…", &text[..end])),
        None => Some(text),
    }
}
