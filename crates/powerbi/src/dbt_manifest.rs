//! What the last run of the models says of its tables: dbt's `target/manifest.json`
//! (<https://docs.getdbt.com/reference/artifacts/dbt-artifacts>).

use crate::grants::TableGrants;
use ingot_core::error::{Context, Error, Result};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The manifest, read.
#[derive(Debug)]
pub(crate) struct DbtManifest {
    manifest: Json,
    /// The models, seeds and snapshots by `schema.name`, lower case.
    models: BTreeMap<String, Model>,
}

/// A model, seed or snapshot, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub unique_id: String,
    pub description: String,
    /// Descriptions by column, lower case.
    pub columns: BTreeMap<String, String>,
    pub grants: TableGrants,
    /// Whether it is only text in the queries of others, and no table.
    pub is_ephemeral: bool,
}

/// A column whose values are those of a key of another table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub from_table: String,
    pub from_column: String,
    pub to_table: String,
    pub to_column: String,
}

impl DbtManifest {
    /// Reads it from the folder `target` of a project.
    ///
    /// # Errors
    /// It is missing (nothing has run yet) or is not JSON.
    pub(crate) fn read(target: &Path) -> Result<Self> {
        let manifest = read_json(&target.join("manifest.json"))?;
        let mut models = BTreeMap::new();
        for (id, node) in entries(&manifest["nodes"]).filter(|(_, node)| makes_a_table(node)) {
            models.insert(
                format!("{}.{}", text(node, "schema"), name_of(node)).to_lowercase(),
                Model {
                    unique_id: id.clone(),
                    description: text(node, "description").to_owned(),
                    columns: described(node),
                    grants: TableGrants::of(node),
                    is_ephemeral: node.pointer("/config/materialized").and_then(Json::as_str)
                        == Some("ephemeral"),
                },
            );
        }
        Ok(Self { manifest, models })
    }

    pub(crate) fn models(&self) -> &BTreeMap<String, Model> {
        &self.models
    }

    /// Of the command that wrote it.
    pub(crate) fn invocation_id(&self) -> &str {
        self.manifest["metadata"]["invocation_id"].as_str().unwrap_or_default()
    }

    /// The node that makes `schema.name`; case does not matter, as in SQL.
    pub(crate) fn model(&self, schema: &str, name: &str) -> Option<&Model> {
        self.models.get(&format!("{schema}.{name}").to_lowercase())
    }

    /// Id and name of the tests of each model, by the id of the model. A test concerns every model that it reads.
    pub(crate) fn tests(&self) -> HashMap<&str, Vec<(&str, &str)>> {
        let mut tests: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        let data_tests = entries(&self.manifest["nodes"]).filter(|(_, node)| node["resource_type"] == "test");
        for (id, node) in data_tests.chain(entries(&self.manifest["unit_tests"])) {
            let name = node["name"].as_str().unwrap_or(id);
            for model in depends_on(node) {
                tests.entry(model).or_default().push((id, name));
            }
        }
        tests
    }

    /// What the models and sources that a table is made of say of a column with this name: the nearest of them that say
    /// anything, if they say the same. `contracts` has the descriptions of a source's columns by table and column, for what
    /// the project does not describe itself.
    pub(crate) fn inherited_description(
        &self,
        model: &Model,
        column: &str,
        contracts: &BTreeMap<(String, String), String>,
    ) -> Option<String> {
        let column = column.to_lowercase();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut level = vec![model.unique_id.as_str()];
        while !level.is_empty() {
            let mut said = BTreeSet::new();
            let mut next = Vec::new();
            for id in level {
                let node = [&self.manifest["nodes"], &self.manifest["sources"]]
                    .into_iter()
                    .find_map(|all| all.get(id));
                let Some(node) = node else { continue };
                let of_contract = || {
                    contracts
                        .get(&(text(node, "name").to_lowercase(), column.clone()))
                        .filter(|_| !makes_a_table(node))
                };
                let own = described(node).remove(&column).filter(|text| !text.is_empty());
                said.extend(own.or_else(|| of_contract().cloned()));
                next.extend(depends_on(node).filter(|other| seen.insert(other)));
            }
            match said.len() {
                0 => level = next,
                1 => return said.pop_first(),
                _ => return None,
            }
        }
        None
    }

    /// The references between tables of a schema: from tests `relationships`, and from constraints of the type foreign key
    /// (<https://docs.getdbt.com/reference/resource-properties/constraints>), each once, in the order of the manifest.
    pub(crate) fn references(&self, schema: &str) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        let in_schema = |id: &str| {
            let node = self.manifest["nodes"].get(id).filter(|node| text(node, "schema") == schema)?;
            Some(name_of(node).to_owned())
        };
        for (_, node) in entries(&self.manifest["nodes"]) {
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
            for (column, body) in entries(&node["columns"]) {
                for constraint in members(&body["constraints"]) {
                    let by_constraint = || {
                        let to = text(constraint, "to");
                        let name = to.trim_end_matches(['"', '`']).rsplit(['.', '"']).next()?.to_owned();
                        let to_column = members(&constraint["to_columns"]).next()?.as_str()?.to_owned();
                        let from_table = in_schema(text(node, "unique_id"))?;
                        self.model(schema, &name)?;
                        Some(Reference { from_table, from_column: column.clone(), to_table: name, to_column })
                    };
                    if text(constraint, "type") == "foreign_key" {
                        found.extend(by_constraint());
                    }
                }
            }
        }
        let mut seen = HashSet::new();
        found.retain(|reference| seen.insert(reference.clone()));
        found
    }
}

fn makes_a_table(node: &Json) -> bool {
    matches!(text(node, "resource_type"), "model" | "seed" | "snapshot")
}

fn name_of(node: &Json) -> &str {
    node["alias"].as_str().unwrap_or_else(|| text(node, "name"))
}

/// Descriptions by column, lower case.
fn described(node: &Json) -> BTreeMap<String, String> {
    let columns = entries(&node["columns"]);
    columns
        .map(|(column, properties)| (column.to_lowercase(), text(properties, "description").to_owned()))
        .collect()
}

/// The nodes that a node reads.
fn depends_on(node: &Json) -> impl Iterator<Item = &str> {
    members(&node["depends_on"]["nodes"]).filter_map(Json::as_str)
}

/// A file that a run of the models leaves.
///
/// # Errors
/// Nothing has run yet, or the file is not JSON.
pub(crate) fn read_json(file: &PathBuf) -> Result<Json> {
    if !file.is_file() {
        return Err(Error::new("the models have not been run yet")
            .at(file)
            .hint("run `ingot run-models` first"));
    }
    let bytes = std::fs::read(file).or_cannot_at("read the file", file)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Error::new("the file is not JSON").at(file).caused_by(error).hint("run `ingot run-models` again")
    })
}

fn text<'a>(value: &'a Json, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

pub(crate) fn members(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_described_by_the_nearest_that_describe_it_in_one_way() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("manifest.json"),
            r#"{"nodes": {
                "model.s.gold": {"resource_type": "model", "name": "gold", "schema": "g",
                                 "columns": {"own": {"description": "Mine."}},
                                 "depends_on": {"nodes": ["model.s.silver", "model.s.other"]}},
                "model.s.silver": {"resource_type": "model", "name": "silver", "schema": "s",
                                   "columns": {"near": {"description": "Near."}, "two": {"description": "One way."}},
                                   "depends_on": {"nodes": ["source.s.raw.feed", "model.s.gold"]}},
                "model.s.other": {"resource_type": "model", "name": "other", "schema": "s",
                                  "columns": {"two": {"description": "Another way."}}}},
              "sources": {"source.s.raw.feed": {"resource_type": "source", "name": "Feed"}}}"#,
        )
        .unwrap();
        let manifest = DbtManifest::read(folder.path()).unwrap();
        let contract =
            |column: &str| (("feed".to_owned(), column.to_owned()), format!("{column} of the contract"));
        let contracts = BTreeMap::from(["near", "far"].map(contract));
        let gold = manifest.model("G", "Gold").unwrap();
        for (column, said) in [
            ("own", Some("Mine.")),
            ("Near", Some("Near.")),
            ("far", Some("far of the contract")),
            ("two", None),
            ("x", None),
        ] {
            assert_eq!(manifest.inherited_description(gold, column, &contracts).as_deref(), said, "{column}");
        }
    }
}
