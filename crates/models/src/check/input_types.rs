//! The columns of what models read and no model makes: sources and seeds.

use super::kept::Found;
use super::plan::{KnownSources, Plan};
use super::typed_project::{CheckOutcome, TypedColumn};
use crate::graph::node::Node;
use crate::seeds;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_engine::{Cell, Session};
use serde_json::Value as Json;

/// What is found out about a source: the first of what the caller knows (contracts), the rows themselves where they
/// are outside the database, the warehouse, and what YAML says of the types.
pub(super) fn source(plan: &Plan, node: &Node, session: &mut dyn Session) -> Found {
    let known = known(plan.known, node, plan.external_of(node).map(String::as_str))
        .or_else(|| {
            let external = plan.external_of(node)?;
            described(session, &format!("describe (select * from {external})")).ok()
        })
        .or_else(|| in_warehouse(plan, node))
        .or_else(|| declared(node));
    match known {
        Some(columns) => Found { columns: Some(columns), ..Found::new(CheckOutcome::Checked) },
        None => {
            let name = node.fqn_of_source();
            Found::new(CheckOutcome::NotChecked(format!(
                "no contract, no file and no YAML says which columns the source {name} has"
            )))
        }
    }
}

fn known(known: KnownSources, node: &Node, external: Option<&str>) -> Option<Vec<TypedColumn>> {
    let source = node.source()?;
    known(&source.source_name, &node.name, external)
}

/// The table as it is in the warehouse now.
fn in_warehouse(plan: &Plan, node: &Node) -> Option<Vec<TypedColumn>> {
    let identifier = node.source().map_or(&node.alias, |source| &source.identifier);
    let relation = [&node.database, &node.schema, identifier].map(|part| ingot_engine::name_literal(part));
    let warehouse = plan.warehouse.as_ref()?;
    described(lock(warehouse).as_mut(), &format!("describe {}", relation.join("."))).ok()
}

/// The types that YAML gives, if it gives that of every column.
fn declared(node: &Node) -> Option<Vec<TypedColumn>> {
    let typed = node.columns.iter().map(|column| {
        column.data_type.as_ref().map(|data_type| TypedColumn::new(&column.name, data_type.as_str()))
    });
    typed.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
}

/// The columns of a seed, as loading it makes them.
pub(super) fn seed(node: &Node, session: &mut dyn Session) -> Result<Vec<TypedColumn>> {
    let table = seeds::load::load(node, &[])?;
    let given = crate::json_values::object(&node.config, "column_types");
    let typed: Vec<String> = table
        .names
        .iter()
        .zip(table.types.iter())
        .map(|(name, inferred)| {
            let kind = given.get(name).and_then(Json::as_str).unwrap_or(inferred);
            format!("cast(null as {kind}) as {}", ingot_engine::name_literal(name))
        })
        .collect();
    // DuckDB's own names for the types.
    described(session, &format!("describe (select {})", typed.join(", ")))
}

/// Names and types that a `describe` statement gives, as a table of the query would have them.
///
/// # Errors
/// The query cannot be bound.
pub(super) fn described(session: &mut dyn Session, sql: &str) -> Result<Vec<TypedColumn>> {
    let rows = session.query(sql)?;
    let text = |cell: Option<&Cell>| cell.and_then(Cell::as_str).unwrap_or_default().to_owned();
    let mut columns: Vec<TypedColumn> = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        // A column of nothing but NULL becomes an INTEGER; a name that stands twice gets a number.
        let data_type = text(row.get(1)).replace("\"NULL\"", "INTEGER");
        let wanted = text(row.first());
        let is_taken =
            |name: &str| columns.iter().any(|column: &TypedColumn| column.name.eq_ignore_ascii_case(name));
        let numbered = (1..).map(|number| format!("{wanted}_{number}"));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !is_taken(name));
        columns.push(TypedColumn::new(name.unwrap_or(wanted), data_type));
    }
    Ok(columns)
}
