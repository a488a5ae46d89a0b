//! The names of tables and of the columns of queries.

use super::scope::{Reader, Scope, Tables, Visible, output_name};
use crate::lineage::{items, names, text};
use ingot_engine::name_literal;
use ingot_models::{RelationName, TypedNode};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The nodes that have a table, by its name. DuckDB does not tell capitals apart.
pub(super) fn by_relation(nodes: &[TypedNode]) -> HashMap<RelationName, usize> {
    let tables = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| matches!(node.resource_type, "model" | "source" | "seed" | "snapshot"));
    tables.filter_map(|(at, node)| Some((lower(node.relation.as_ref()?), at))).collect()
}

fn lower(relation: &RelationName) -> RelationName {
    RelationName {
        database: relation.database.to_lowercase(),
        schema: relation.schema.to_lowercase(),
        identifier: relation.identifier.to_lowercase(),
    }
}

/// The node that a table's path means. A name alone may be that of a CTE, and means none.
pub(super) fn node_of(by_relation: &HashMap<RelationName, usize>, path: &[String]) -> Option<usize> {
    let same = |a: &str, b: &str| a.to_lowercase() == b;
    by_relation
        .iter()
        .find(|(known, _)| match path {
            [schema, name] => same(name, &known.identifier) && same(schema, &known.schema),
            [database, schema, name] => {
                same(name, &known.identifier)
                    && same(schema, &known.schema)
                    && same(database, &known.database)
            }
            _ => false,
        })
        .map(|(_, node)| *node)
}

/// Whether a node has no rows of its own.
pub(super) fn is_view(node: &TypedNode) -> bool {
    node.resource_type == "model" && matches!(node.materialized.as_str(), "view" | "ephemeral")
}

/// `"database"."schema"."table"`
pub(super) fn full_name(relation: &RelationName) -> String {
    [&relation.database, &relation.schema, &relation.identifier].map(|part| name_literal(part)).join(".")
}

/// The path of a table in FROM.
pub(super) fn table_path(tree: &Json) -> Vec<String> {
    let parts = ["catalog_name", "schema_name", "table_name"].iter().map(|key| text(tree, key).to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// The names of a query's columns; empty for one that DuckDB makes up. `None` if they are not known.
pub(super) fn columns_of(tree: &Json, visible: &Visible, tables: &dyn Tables) -> Option<Vec<String>> {
    match text(tree, "type") {
        "SELECT_NODE" => {
            let list = items(tree, "select_list");
            let has_star = list.iter().any(|item| text(item, "class") == "STAR");
            if has_star && !items(&tree["cte_map"], "map").is_empty() {
                return None;
            }
            let scope = Scope::of(&tree["from_table"], visible, tables);
            let reader = Reader { scope: &scope, list, is_aggregate: &|_| false };
            let mut out: Vec<String> = Vec::new();
            for item in list {
                if text(item, "class") != "STAR" {
                    out.push(output_name(item));
                    continue;
                }
                if item["columns"] == true || scope.items.iter().any(|one| one.columns.is_none()) {
                    return None;
                }
                let renamed = items(item, "rename_list");
                let mut seen: Vec<String> = Vec::new();
                for (_, column) in reader.expanded(item) {
                    // USING makes one column of two.
                    if seen.iter().any(|name| name.eq_ignore_ascii_case(&column)) {
                        continue;
                    }
                    seen.push(column.clone());
                    let entry = renamed.iter().find(|entry| {
                        let key = entry["key"].as_str().or_else(|| entry["key"]["column"].as_str());
                        key.is_some_and(|key| key.eq_ignore_ascii_case(&column))
                    });
                    out.push(entry.and_then(|entry| entry["value"].as_str()).map_or(column, str::to_owned));
                }
            }
            Some(out)
        }
        "SET_OPERATION_NODE" => {
            let by_name = text(tree, "setop_type").ends_with("BY_NAME");
            let mut sides: Vec<&Json> = items(tree, "children").iter().collect();
            sides.extend([&tree["left"], &tree["right"]].into_iter().filter(|side| !side.is_null()));
            let mut out: Option<Vec<String>> = None;
            for side in sides {
                let columns = columns_of(side, visible, tables)?;
                match &mut out {
                    None => out = Some(columns),
                    Some(known) if by_name => {
                        for column in columns {
                            if !known.iter().any(|name| name.eq_ignore_ascii_case(&column)) {
                                known.push(column);
                            }
                        }
                    }
                    Some(_) => break,
                }
            }
            out
        }
        "RECURSIVE_CTE_NODE" => {
            let mut columns = columns_of(&tree["left"], visible, tables)?;
            for (column, alias) in columns.iter_mut().zip(names(tree, "aliases")) {
                *column = alias;
            }
            Some(columns)
        }
        _ => None,
    }
}
