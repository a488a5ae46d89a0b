//! What the last run of the models says of its tables: dbt's `target/manifest.json`
//! (<https://docs.getdbt.com/reference/artifacts/dbt-artifacts>).

use ingot_core::error::{Context, Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The manifest, read.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    manifest: Value,
}

/// A column whose values are those of a key of another table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    pub from_table: String,
    pub from_column: String,
    pub to_table: String,
    pub to_column: String,
}

impl Metadata {
    /// Reads it from the folder `target` of a project.
    ///
    /// # Errors
    /// It is missing (nothing has run yet) or is not JSON.
    pub(super) fn read(target: &Path) -> Result<Self> {
        let manifest = read_json(&target.join("manifest.json"))?;
        Ok(Self { manifest })
    }

    fn nodes(&self) -> impl Iterator<Item = (&str, &Value)> {
        let nodes = self.manifest.get("nodes").and_then(Value::as_object);
        nodes.into_iter().flatten().map(|(id, node)| (id.as_str(), node))
    }

    /// The node that makes `schema.name`, with its unique id.
    fn node_of(&self, schema: &str, name: &str) -> Option<(&str, &Value)> {
        self.nodes().find(|(_, node)| {
            let alias = node.get("alias").and_then(Value::as_str).unwrap_or_else(|| text(node, "name"));
            matches!(text(node, "resource_type"), "model" | "seed" | "snapshot")
                && text(node, "schema").eq_ignore_ascii_case(schema)
                && alias.eq_ignore_ascii_case(name)
        })
    }

    /// What the project says of a table; empty where it says nothing.
    pub(super) fn description(&self, schema: &str, name: &str) -> &str {
        self.node_of(schema, name).map_or("", |(_, node)| text(node, "description"))
    }

    /// What the project says of a column; empty where it says nothing.
    pub(super) fn column_description(&self, schema: &str, table: &str, column: &str) -> &str {
        let columns = self.node_of(schema, table).and_then(|(_, node)| node.get("columns")?.as_object());
        let found =
            columns.and_then(|columns| columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)));
        found.map_or("", |(_, body)| text(body, "description"))
    }

    /// The references between tables of a schema: from tests `relationships`, and from constraints of the type foreign key
    /// (<https://docs.getdbt.com/reference/resource-properties/constraints>), each once, in the order of the manifest.
    pub(super) fn references(&self, schema: &str) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        let in_schema = |id: &str| {
            let node = self.manifest.get("nodes")?.get(id).filter(|node| text(node, "schema") == schema)?;
            node.get("alias").and_then(Value::as_str).map(str::to_owned)
        };
        for (_, node) in self.nodes() {
            let by_test = || {
                let metadata =
                    node.get("test_metadata").filter(|test| text(test, "name") == "relationships")?;
                let attached = node.get("attached_node")?.as_str()?;
                let target = depends_on(node).find(|other| *other != attached)?;
                Some(Reference {
                    from_table: in_schema(attached)?,
                    from_column: node.get("column_name")?.as_str()?.to_owned(),
                    to_table: in_schema(target)?,
                    to_column: metadata.pointer("/kwargs/field")?.as_str()?.to_owned(),
                })
            };
            found.extend(by_test());
            let columns = node.get("columns").and_then(Value::as_object);
            for (column, body) in columns.into_iter().flatten() {
                for constraint in list(body, "constraints") {
                    let by_constraint = || {
                        let to = text(constraint, "to");
                        let name = to.trim_end_matches(['"', '`']).rsplit(['.', '"']).next()?.to_owned();
                        let to_column = list(constraint, "to_columns").first()?.as_str()?.to_owned();
                        let from_table = in_schema(text(node, "unique_id"))?;
                        self.node_of(schema, &name)?;
                        Some(Reference { from_table, from_column: column.clone(), to_table: name, to_column })
                    };
                    if text(constraint, "type") == "foreign_key" {
                        found.extend(by_constraint());
                    }
                }
            }
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|reference| seen.insert(reference.clone()));
        found
    }
}

/// The nodes that a node reads.
fn depends_on(node: &Value) -> impl Iterator<Item = &str> {
    let nodes = node.pointer("/depends_on/nodes").and_then(Value::as_array);
    nodes.into_iter().flatten().filter_map(Value::as_str)
}

fn read_json(path: &PathBuf) -> Result<Value> {
    if !path.is_file() {
        return Err(Error::new("the manifest of the last run is not there")
            .at(path)
            .hint("run `ingot run-models` first, which builds and tests"));
    }
    let bytes = std::fs::read(path).or_cannot_at("read the file", path)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Error::new("the file is not JSON").at(path).caused_by(error).hint("run `ingot run-models` again")
    })
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
