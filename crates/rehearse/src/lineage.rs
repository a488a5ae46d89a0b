//! The graph of the project's models and tests, by the manifest that the first run wrote: what a table of bronze reaches.

use crate::scratch::Scratch;
use ingot_core::error::{Context, Result};
use ingot_engine::{name_literal, text_literal};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The graph of the project, as far as it is asked here.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    parents: BTreeMap<String, Vec<String>>,
    names: BTreeMap<String, String>,
    tests: BTreeMap<String, Test>,
    /// The unique id of the source of each table of bronze, with the source's name.
    sources: BTreeMap<String, (String, String)>,
    /// Tables at the end: gold, or models that no model reads.
    pub(crate) ends: Vec<EndTable>,
    /// By table of bronze: all nodes that it reaches.
    reached: BTreeMap<String, BTreeSet<String>>,
}

/// A table at the end of the models.
#[derive(Debug, Clone)]
pub(crate) struct EndTable {
    pub(crate) id: String,
    pub(crate) schema: String,
    pub(crate) name: String,
}

/// What is known of a generic test.
#[derive(Debug, Clone, Default)]
struct Test {
    /// `not_null`, `unique`, …; empty if it has SQL of its own.
    kind: String,
    column: String,
    /// What it tests, as SQL reads it.
    relation: String,
}

impl Lineage {
    /// Reads the manifest of the last run; an empty graph if there are no models.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub(crate) fn read(scratch: &Scratch) -> Result<Self> {
        if !scratch.has_models() {
            return Ok(Self::default());
        }
        let file = ingot_models::places(&scratch.run_options())?.artifacts.join("manifest.json");
        let bytes = std::fs::read(&file).or_cannot_at("read the manifest", &file)?;
        let manifest: Json = serde_json::from_slice(&bytes).or_cannot_at("read the manifest", &file)?;
        let mut lineage = Self::default();
        let entries = |key: &str| manifest.get(key).and_then(Json::as_object).into_iter().flatten();
        for (id, node) in entries("nodes") {
            lineage.parents.insert(id.clone(), parents(node));
            lineage.names.insert(id.clone(), text(node, "/name"));
        }
        for (id, node) in entries("sources") {
            lineage.sources.insert(text(node, "/name"), (id.clone(), text(node, "/source_name")));
        }
        for (id, node) in entries("nodes").filter(|(id, _)| id.starts_with("test.")) {
            lineage.tests.insert(id.clone(), lineage.test(node, &manifest, scratch));
        }
        let is_read: BTreeSet<&String> = lineage
            .parents
            .iter()
            .filter(|(id, _)| id.starts_with("model.") || id.starts_with("snapshot."))
            .flat_map(|(_, parents)| parents)
            .collect();
        let models: Vec<(&String, &Json)> =
            entries("nodes").filter(|(id, _)| id.starts_with("model.")).collect();
        let is_gold = |node: &Json| text(node, "/schema").contains("gold");
        let has_gold = models.iter().any(|(_, node)| is_gold(node));
        lineage.ends = models
            .iter()
            .filter(|(id, node)| if has_gold { is_gold(node) } else { !is_read.contains(*id) })
            .map(|(id, node)| EndTable {
                id: (*id).clone(),
                schema: text(node, "/schema"),
                name: text(node, "/alias"),
            })
            .collect();
        let reached = lineage.sources.iter().map(|(table, (source, _))| {
            let nodes = lineage.parents.keys().filter(|id| lineage.has_ancestor(id, source)).cloned();
            (table.clone(), nodes.collect())
        });
        lineage.reached = reached.collect();
        Ok(lineage)
    }

    fn test(&self, node: &Json, manifest: &Json, scratch: &Scratch) -> Test {
        let mut test = Test {
            kind: text(node, "/test_metadata/name"),
            column: text(node, "/test_metadata/kwargs/column_name"),
            relation: String::new(),
        };
        let is_of_a_package = !text(node, "/test_metadata/namespace").is_empty();
        let has_condition = !text(node, "/config/where").is_empty();
        if is_of_a_package || has_condition {
            test.kind = String::new();
        }
        let attached = text(node, "/attached_node");
        if attached.is_empty() {
            let on = parents(node);
            let table = self.sources.iter().find(|(_, (id, _))| on.contains(id)).map(|(table, _)| table);
            if let Some(table) = table {
                let files = scratch.project.lake().join("bronze/parquet").join(table).join("**/*.parquet");
                test.relation = format!(
                    "read_parquet({}, hive_partitioning = true, union_by_name = true)",
                    text_literal(&files.to_string_lossy())
                );
            }
        } else {
            let other = manifest.get("nodes").and_then(|nodes| nodes.get(&attached));
            test.relation = other.map(|other| text(other, "/relation_name")).unwrap_or_default();
        }
        test
    }

    fn has_ancestor(&self, node: &str, wanted: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        while let Some(id) = open.pop() {
            if id == wanted {
                return true;
            }
            if seen.insert(id) {
                open.extend(self.parents.get(id).into_iter().flatten().map(String::as_str));
            }
        }
        false
    }

    /// All nodes that the table reaches.
    pub(crate) fn reached(&self, table: &str) -> impl Iterator<Item = &String> {
        self.reached.get(table).into_iter().flatten()
    }

    pub(crate) fn is_reached(&self, table: &str, node: &str) -> bool {
        self.reached.get(table).is_some_and(|nodes| nodes.contains(node))
    }

    /// What has to be run to see what these nodes say: models, seeds and snapshots, and then tests.
    pub(crate) fn needed(&self, nodes: &BTreeSet<&String>) -> (Vec<String>, Vec<String>) {
        let (tests, others): (Vec<&String>, Vec<&String>) =
            nodes.iter().copied().partition(|id| self.tests.contains_key(*id));
        let tests: BTreeSet<String> = tests.into_iter().cloned().collect();
        let mut models: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<&String> = others.into_iter().chain(&tests).collect();
        while let Some(id) = open.pop() {
            if self.parents.contains_key(id) && (self.tests.contains_key(id) || models.insert(id.clone())) {
                open.extend(self.parents.get(id).into_iter().flatten());
            }
        }
        (models.into_iter().collect(), tests.into_iter().collect())
    }

    /// The tables of the sources that a node reads; `None` for a source of which no table is known.
    pub(crate) fn sources_of<'a>(&'a self, node: &str) -> impl Iterator<Item = Option<&'a str>> {
        let sources = self.parents(node).iter().filter(|id| id.starts_with("source."));
        sources.map(|id| {
            self.sources.iter().find(|(_, (source, _))| source == id).map(|(table, _)| table.as_str())
        })
    }

    pub(crate) fn is_test(&self, node: &str) -> bool {
        self.tests.contains_key(node)
    }

    pub(crate) fn parents(&self, node: &str) -> &[String] {
        self.parents.get(node).map_or(&[], Vec::as_slice)
    }

    /// A query for the failing rows of a test, with as many columns as there are: of dbt's own tests the rows of what is
    /// tested, else what the test selects.
    pub(crate) fn failing_rows(&self, test: &str, compiled: &str) -> String {
        let compiled = compiled.trim().trim_end_matches(';');
        let Some(test) = self.tests.get(test).filter(|test| !test.relation.is_empty()) else {
            return compiled.to_owned();
        };
        let (relation, column) = (&test.relation, name_literal(&test.column));
        match test.kind.as_str() {
            "not_null" => format!("select * from {relation} where {column} is null"),
            "unique" | "accepted_values" | "relationships" => format!(
                "with failing as (select * from ({compiled}) limit 5000), \
                      texts as (select columns(*)::varchar from failing) \
                 select * from {relation} where {column}::varchar in (select #1 from texts)"
            ),
            _ => compiled.to_owned(),
        }
    }

    pub(crate) fn name_of<'a>(&'a self, node: &'a str) -> &'a str {
        self.names.get(node).map_or(node, String::as_str)
    }

    /// The name of the source that a table of bronze belongs to.
    pub(crate) fn source_of(&self, table: &str) -> Option<&str> {
        self.sources.get(table).map(|(_, source)| source.as_str())
    }
}

fn text(node: &Json, pointer: &str) -> String {
    node.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn parents(node: &Json) -> Vec<String> {
    let on = node.pointer("/depends_on/nodes").and_then(Json::as_array).into_iter().flatten();
    on.filter_map(Json::as_str).map(str::to_owned).collect()
}
