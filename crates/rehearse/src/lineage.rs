//! Which tests and models a table of bronze reaches, by the manifest that the run of the models wrote.

use crate::scratch::Scratch;
use ingot_core::error::{Context, Result};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The graph of the project, as far as it is asked here.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    parents: BTreeMap<String, Vec<String>>,
    names: BTreeMap<String, String>,
    /// Tests: the column that each is about, if it is about one.
    columns: BTreeMap<String, String>,
    /// The unique id of the source of each table of bronze, with the source's name.
    sources: BTreeMap<String, (String, String)>,
    /// Schema and name of the tables at the end: gold, or models that no model reads.
    pub(crate) ends: Vec<(String, String)>,
    end_ids: Vec<String>,
}

impl Lineage {
    /// Reads the manifest of the last run; an empty graph if there are no models.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub(crate) fn read(scratch: &Scratch) -> Result<Self> {
        if !scratch.project.root().join("dbt_project.yml").is_file() {
            return Ok(Self::default());
        }
        let file = ingot_models::places(&scratch.run_options())?.artifacts.join("manifest.json");
        let bytes = std::fs::read(&file).or_cannot_at("read the manifest", &file)?;
        let manifest: Json = serde_json::from_slice(&bytes).or_cannot_at("read the manifest", &file)?;
        let mut lineage = Self::default();
        let text =
            |node: &Json, key: &str| node.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let entries = |key: &str| manifest.get(key).and_then(Json::as_object).into_iter().flatten();
        for (id, node) in entries("nodes").chain(entries("unit_tests")) {
            let on = node.pointer("/depends_on/nodes").and_then(Json::as_array).into_iter().flatten();
            lineage.parents.insert(id.clone(), on.filter_map(Json::as_str).map(str::to_owned).collect());
            lineage.names.insert(id.clone(), text(node, "name"));
            if let Some(column) = node.get("column_name").and_then(Json::as_str) {
                lineage.columns.insert(id.clone(), column.to_owned());
            }
        }
        for (id, node) in entries("sources") {
            lineage.sources.insert(text(node, "name"), (id.clone(), text(node, "source_name")));
        }
        let is_read: BTreeSet<&String> = lineage
            .parents
            .iter()
            .filter(|(id, _)| id.starts_with("model.") || id.starts_with("snapshot."))
            .flat_map(|(_, parents)| parents)
            .collect();
        let models: Vec<(&String, &Json)> =
            entries("nodes").filter(|(id, _)| id.starts_with("model.")).collect();
        let in_gold: Vec<&(&String, &Json)> =
            models.iter().filter(|(_, node)| text(node, "schema").contains("gold")).collect();
        let ends: Vec<&(&String, &Json)> = if in_gold.is_empty() {
            models.iter().filter(|(id, _)| !is_read.contains(*id)).collect()
        } else {
            in_gold
        };
        lineage.ends = ends.iter().map(|(_, node)| (text(node, "schema"), text(node, "alias"))).collect();
        lineage.end_ids = ends.iter().map(|(id, _)| (*id).clone()).collect();
        Ok(lineage)
    }

    /// Whether a node reads the table, directly or by way of others.
    pub(crate) fn reaches(&self, table: &str, node: &str) -> bool {
        let Some((source, _)) = self.sources.get(table) else { return false };
        let mut seen = BTreeSet::new();
        let mut open = vec![node.to_owned()];
        while let Some(id) = open.pop() {
            if id == *source {
                return true;
            }
            if seen.insert(id.clone()) {
                open.extend(self.parents.get(&id).into_iter().flatten().cloned());
            }
        }
        false
    }

    /// The tables at the end that a table reaches.
    pub(crate) fn ends_of(&self, table: &str) -> BTreeSet<String> {
        self.end_ids
            .iter()
            .zip(&self.ends)
            .filter(|(id, _)| self.reaches(table, id))
            .map(|(_, (schema, name))| format!("{schema}.{name}"))
            .collect()
    }

    /// The column that a test is about.
    pub(crate) fn column_of(&self, test: &str) -> Option<&str> {
        self.columns.get(test).map(String::as_str)
    }

    pub(crate) fn name_of<'a>(&'a self, node: &'a str) -> &'a str {
        self.names.get(node).map_or(node, String::as_str)
    }

    /// The name of the source that a table of bronze belongs to.
    pub(crate) fn source_of(&self, table: &str) -> Option<&str> {
        self.sources.get(table).map(|(_, source)| source.as_str())
    }
}
