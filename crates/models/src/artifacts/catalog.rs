//! `target/catalog.json`: what the database holds for the nodes and sources, version 1 of dbt's format.

use crate::artifacts::{metadata, write};
use crate::context::references::relation_of;
use crate::graph::manifest::Manifest;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::Object;
use crate::relations::spark_listing;
use ingot_core::error::Result;
use ingot_engine::{Cell, Dialect, Session};
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// Every column of every relation, with comments.
const COLUMNS: &str = "
select t.table_catalog, t.table_schema, t.table_name, t.table_type, t.table_comment,
       c.column_name, c.ordinal_position, c.data_type, c.column_comment
from (
    select database_name as table_catalog, schema_name as table_schema, table_name, 'BASE TABLE' as table_type,
           comment as table_comment, table_oid as oid
    from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', comment, view_oid from duckdb_views() where not internal
) t
join (
    select database_name as table_catalog, schema_name as table_schema, table_name, column_name,
           column_index as ordinal_position, data_type, comment as column_comment
    from duckdb_columns()
) c using (table_catalog, table_schema, table_name)
order by 1, 2, 3, 7";

type Key = (String, String, String);

/// Writes the catalog of the selected nodes and sources, or of all of them; without a session it is empty. Gives the file.
///
/// # Errors
/// The database cannot be asked, or the target folder cannot be written to.
pub(crate) fn write_catalog(
    invocation: &Invocation,
    manifest: &Manifest,
    session: Option<&mut (dyn Session + 'static)>,
    selected: Option<&BTreeSet<usize>>,
) -> Result<PathBuf> {
    let tables = match session {
        Some(session) if session.dialect() == Dialect::Spark => listed(session, manifest)?,
        Some(session) => tables(session)?,
        None => HashMap::new(),
    };
    let (mut nodes, mut sources) = (Object::new(), Object::new());
    for (index, node) in manifest.nodes.iter().enumerate() {
        let into = match node.resource_type() {
            _ if selected.is_some_and(|selected| !selected.contains(&index)) => continue,
            ResourceType::Source => &mut sources,
            // Also what tests that store their failures have made.
            _ if node.relation_name().is_some() => &mut nodes,
            _ => continue,
        };
        let relation = relation_of(node);
        let lower = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
        let key = (lower(&relation.database), lower(&relation.schema), lower(&relation.identifier));
        if let Some(table) = tables.get(&key) {
            let mut table = table.clone();
            table.insert("unique_id".to_owned(), node.unique_id.clone().into());
            into.insert(node.unique_id.clone(), Json::Object(table));
        }
    }
    let value = json!({"metadata": metadata(invocation, "catalog/v1"), "nodes": nodes, "sources": sources, "errors": null});
    let file = invocation.settings.target_folder.join("catalog.json");
    write(&file, &value)?;
    Ok(file)
}

/// The relations of a server's schemas, as their listing has them.
fn listed(session: &mut dyn Session, manifest: &Manifest) -> Result<HashMap<Key, Object>> {
    let nodes = manifest.nodes.iter().filter(|node| node.relation_name().is_some());
    let schemas: BTreeSet<&str> = nodes.map(|node| node.schema.as_str()).collect();
    let mut out = HashMap::new();
    for schema in schemas {
        for found in spark_listing::list(schema, &mut |sql| session.query(sql))? {
            let columns = found.columns.iter().enumerate().map(|(index, (name, kind))| {
                (name.clone(), json!({"type": kind, "index": index, "name": name, "comment": null}))
            });
            let mut value = Object::new();
            value.insert(
                "metadata".to_owned(),
                json!({
                    "type": found.kind(), "schema": found.schema, "name": found.name, "database": null,
                    "comment": null, "owner": found.owner,
                }),
            );
            value.insert("columns".to_owned(), Json::Object(columns.collect()));
            value.insert("stats".to_owned(), no_statistics());
            out.insert((String::new(), found.schema.to_lowercase(), found.name.to_lowercase()), value);
        }
    }
    Ok(out)
}

fn no_statistics() -> Json {
    json!({"has_stats": {
        "id": "has_stats", "label": "Has Stats?", "value": false, "include": false,
        "description": "Indicates whether there are statistics for this table",
    }})
}

fn tables(session: &mut dyn Session) -> Result<HashMap<Key, Object>> {
    let text = |cell: Option<&Cell>| match cell {
        Some(Cell::Text(text) | Cell::Other(text)) => Json::from(text.as_str()),
        Some(Cell::Int(number)) => i64::try_from(*number).map_or(Json::Null, Json::from),
        _ => Json::Null,
    };
    let mut out: HashMap<Key, Object> = HashMap::new();
    for row in session.query(COLUMNS)?.rows {
        let cells: Vec<Json> = (0..9).map(|index| text(row.get(index))).collect();
        let [database, schema, table, kind, comment, column, position, data_type, column_comment] =
            &cells[..]
        else {
            continue;
        };
        let lower = |value: &Json| value.as_str().unwrap_or_default().to_lowercase();
        let entry = out.entry((lower(database), lower(schema), lower(table))).or_insert_with(|| {
            let value = json!({
                "metadata": {
                    "type": kind, "schema": schema, "name": table, "database": database, "comment": comment, "owner": null,
                },
                "columns": {},
                "stats": no_statistics(),
            });
            value.as_object().cloned().unwrap_or_default()
        });
        let name = column.as_str().unwrap_or_default().to_owned();
        if let Some(Json::Object(columns)) = entry.get_mut("columns") {
            columns.insert(
                name,
                json!({"type": data_type, "index": position, "name": column, "comment": column_comment}),
            );
        }
    }
    Ok(out)
}
