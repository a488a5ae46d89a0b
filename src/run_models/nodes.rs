//! The nodes of the graph: models, seeds, snapshots, tests, sources, hooks.

use super::relation::Relation;
use super::yaml_values::{Object, strings, text};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Test,
    Analysis,
    Operation,
    Source,
    UnitTest,
}

impl ResourceType {
    /// As dbt writes it in unique ids and artifacts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::Source => "source",
            Self::UnitTest => "unit_test",
        }
    }
    /// Whether `ref()` may point at it.
    pub fn can_be_referred_to(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}

/// `ref('name')`, `ref('package', 'name', version=2)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefCall {
    pub package: Option<String>,
    pub name: String,
    pub version: Option<String>,
}

/// A column as the YAML properties describe it.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub name: String,
    pub description: String,
    pub data_type: Option<String>,
    pub quote: Option<bool>,
    pub meta: Object,
    pub tags: Vec<String>,
    pub constraints: Vec<Json>,
    /// Further keys, as written.
    pub extra: Object,
}

impl Column {
    pub fn to_json(&self) -> Json {
        let mut out = json!({
            "name": self.name, "description": self.description, "meta": self.meta,
            "data_type": self.data_type, "constraints": self.constraints, "quote": self.quote,
            "config": {"meta": self.meta, "tags": self.tags}, "tags": self.tags,
        });
        if let Json::Object(out) = &mut out {
            out.extend(self.extra.clone());
        }
        out
    }
}

/// What makes a node a generic test.
#[derive(Debug, Clone)]
pub struct GenericTest {
    /// `unique`, without `test_`.
    pub name: String,
    pub namespace: Option<String>,
    /// The arguments as written, Jinja unrendered; `model` is one of them.
    pub kwargs: Object,
    pub column_name: Option<String>,
    /// The node it is declared on; `None` for a source.
    pub attached_node: Option<String>,
    pub file_key_name: String,
}

/// What makes a node a source table.
#[derive(Debug, Clone)]
pub struct SourceTable {
    pub source_name: String,
    pub identifier: String,
    pub loader: String,
    pub source_description: String,
    /// What stands where a query names it, if it lies outside the database.
    pub external: Option<String>,
    pub quoting: Object,
    pub loaded_at_field: Option<String>,
    pub freshness: Json,
    pub source_meta: Object,
}

/// The rows that a unit test puts in the place of an input, or expects.
#[derive(Debug, Clone, PartialEq)]
pub enum FixtureRows {
    /// Rows of a YAML list or of CSV: each a mapping from column to value.
    Rows(Vec<Json>),
    /// A query, with its Jinja unrendered.
    Sql(String),
}

/// `given:` of a unit test.
#[derive(Debug, Clone)]
pub struct GivenInput {
    /// As written: `ref('a')`, `source('a', 'b')`, `this`.
    pub written: String,
    /// Of the node whose rows it replaces.
    pub unique_id: String,
    pub rows: FixtureRows,
}

/// What makes a node a unit test of a model.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// The model as the file names it.
    pub model: String,
    pub tested: String,
    pub given: Vec<GivenInput>,
    pub expect: FixtureRows,
    /// Macros, variables and environment variables that have another value while the model is rendered.
    pub macros: Object,
    pub vars: Object,
    pub env_vars: Object,
    /// `given`, `expect`, `overrides` and `versions` as dbt's manifest has them.
    pub definition: Object,
}

/// The stretch of time that one run of a microbatch model computes, in UTC.
#[derive(Debug, Clone)]
pub struct Batch {
    pub id: String,
    /// `2024-01-31`, or as long as the batch size asks.
    pub name: String,
    pub start: jiff::civil::DateTime,
    pub end: jiff::civil::DateTime,
    /// Whether it is added to a table that is there.
    pub incremental: bool,
}

impl Batch {
    /// As artifacts have it: `2024-01-31T00:00:00+00:00`.
    pub fn iso(time: jiff::civil::DateTime) -> String {
        time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }
    /// As it stands in SQL.
    pub fn sql(time: jiff::civil::DateTime) -> String {
        time.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string()
    }
    fn to_json(&self) -> Json {
        json!({"id": self.id, "event_time_start": Self::sql(self.start), "event_time_end": Self::sql(self.end)})
    }
}

#[derive(Debug, Clone)]
pub struct Node {
    pub unique_id: String,
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    /// Relative to the folder of models (tests, seeds, …), with `/`.
    pub path: String,
    /// Relative to the package's root, with `/`.
    pub original_file_path: String,
    /// The file itself.
    pub file: PathBuf,
    /// The line of the file where this node begins (a test in YAML, a snapshot block); 1 for a whole file.
    pub line: usize,
    pub raw_code: String,
    pub fqn: Vec<String>,
    pub alias: String,
    pub database: String,
    pub schema: String,
    /// Whether database, schema and identifier are quoted in SQL.
    pub quote: [bool; 3],
    pub config: Object,
    /// What `config(...)` in the file said.
    pub unrendered_config: Object,
    pub description: String,
    pub columns: Vec<Column>,
    /// `package://file` of the YAML that describes it.
    pub patch_path: Option<String>,
    pub refs: Vec<RefCall>,
    pub sources: Vec<(String, String)>,
    /// Unique ids, in the order of first mention.
    pub depends_on: Vec<String>,
    pub depends_on_macros: Vec<String>,
    pub constraints: Vec<Json>,
    pub version: Option<String>,
    pub latest_version: Option<String>,
    pub generic_test: Option<GenericTest>,
    pub unit_test: Option<Arc<UnitTest>>,
    pub source: Option<SourceTable>,
    /// SHA-256 of the raw code, in hex.
    pub checksum: String,
    pub build_path: Option<String>,
    pub batch: Option<Batch>,
}

impl Node {
    pub fn materialized(&self) -> &str {
        self.config.get("materialized").and_then(Json::as_str).unwrap_or("view")
    }
    pub fn is_enabled(&self) -> bool {
        self.config.get("enabled").and_then(Json::as_bool).unwrap_or(true)
    }
    pub fn is_ephemeral(&self) -> bool {
        self.resource_type == ResourceType::Model && self.materialized() == "ephemeral"
    }
    pub fn tags(&self) -> Vec<String> {
        strings(self.config.get("tags"))
    }
    pub fn group(&self) -> Option<String> {
        text(&self.config, "group")
    }
    /// Whether it makes something in the database that others select from.
    pub fn is_relational(&self) -> bool {
        matches!(self.resource_type, ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
            && !self.is_ephemeral()
    }
    /// `package.source.table`.
    pub fn fqn_of_source(&self) -> String {
        let source = self.source.as_ref().map(|source| source.source_name.as_str()).unwrap_or_default();
        format!("{}.{source}.{}", self.package_name, self.name)
    }
    /// `"db"."schema"."name"`, as dbt's manifest has it.
    pub fn relation_name(&self) -> Option<String> {
        if let Some(external) = self.source.as_ref().and_then(|source| source.external.clone()) {
            return Some(external);
        }
        let stores = self.config.get("store_failures").and_then(Json::as_bool).unwrap_or(false);
        let is_relation = self.is_relational()
            || self.resource_type == ResourceType::Source
            || (self.resource_type == ResourceType::Test && stores);
        let identifier = self.source.as_ref().map_or(&self.alias, |source| &source.identifier);
        is_relation.then(|| {
            let mut relation =
                Relation::new(Some(&self.database), Some(&self.schema), Some(identifier.as_str()));
            relation.quote = self.quote;
            relation.render()
        })
    }

    /// The node as dbt's manifest and a template's `model` show it.
    pub fn to_json(&self) -> Object {
        let columns: Object =
            self.columns.iter().map(|column| (column.name.clone(), column.to_json())).collect();
        let mut out = Object::new();
        let mut put = |key: &str, value: Json| {
            out.insert(key.to_owned(), value);
        };
        put("database", self.database.clone().into());
        put("schema", self.schema.clone().into());
        put("name", self.name.clone().into());
        put("resource_type", self.resource_type.name().into());
        put("package_name", self.package_name.clone().into());
        put("path", self.path.clone().into());
        put("original_file_path", self.original_file_path.clone().into());
        put("unique_id", self.unique_id.clone().into());
        put("fqn", self.fqn.clone().into());
        if let Some(source) = &self.source {
            put("source_name", source.source_name.clone().into());
            put("source_description", source.source_description.clone().into());
            put("loader", source.loader.clone().into());
            put("identifier", source.identifier.clone().into());
            put(
                "quoting",
                json!({
                    "database": source.quoting.get("database"), "schema": source.quoting.get("schema"),
                    "identifier": source.quoting.get("identifier"), "column": source.quoting.get("column"),
                }),
            );
            put("loaded_at_field", source.loaded_at_field.clone().into());
            put("freshness", source.freshness.clone());
            put("external", Json::Null);
            put("description", self.description.clone().into());
            put("columns", Json::Object(columns));
            put("meta", self.config.get("meta").cloned().unwrap_or_else(|| json!({})));
            put("source_meta", Json::Object(source.source_meta.clone()));
            put("tags", self.tags().into());
            put("config", Json::Object(self.config.clone()));
            put("patch_path", Json::Null);
            put("unrendered_config", json!({}));
            put("relation_name", self.relation_name().into());
            put("created_at", 0.into());
            return out;
        }
        if let Some(test) = &self.unit_test {
            put("model", test.model.clone().into());
            for key in ["given", "expect", "overrides", "versions"] {
                put(key, test.definition.get(key).cloned().unwrap_or(Json::Null));
            }
            put("description", self.description.clone().into());
            put("depends_on", json!({"macros": [], "nodes": self.depends_on}));
            put("config", Json::Object(self.config.clone()));
            put("checksum", self.checksum.clone().into());
            put("created_at", 0.into());
            put("version", self.version.clone().into());
            for absent in ["database", "alias"] {
                out.shift_remove(absent);
            }
            return out;
        }
        put("alias", self.alias.clone().into());
        put("checksum", json!({"name": "sha256", "checksum": self.checksum}));
        put("config", Json::Object(self.config.clone()));
        put("tags", self.tags().into());
        put("description", self.description.clone().into());
        put("columns", Json::Object(columns));
        put("meta", self.config.get("meta").cloned().unwrap_or_else(|| json!({})));
        put("group", self.group().into());
        put(
            "docs",
            self.config.get("docs").cloned().unwrap_or_else(|| json!({"show": true, "node_color": null})),
        );
        put("patch_path", self.patch_path.clone().into());
        put("build_path", self.build_path.clone().into());
        put("unrendered_config", Json::Object(self.unrendered_config.clone()));
        put("created_at", 0.into());
        put("relation_name", self.relation_name().into());
        put("raw_code", self.raw_code.clone().into());
        if self.resource_type == ResourceType::Seed {
            let root = self.file.ancestors().nth(self.original_file_path.split('/').count());
            put("root_path", root.map(|root| root.to_string_lossy().into_owned()).into());
            put("depends_on", json!({"macros": self.depends_on_macros}));
            return out;
        }
        put("language", "sql".into());
        let refs: Vec<Json> = self
            .refs
            .iter()
            .map(|call| json!({"name": call.name, "package": call.package, "version": call.version}))
            .collect();
        put("refs", refs.into());
        let sources: Vec<Json> = self.sources.iter().map(|(source, table)| json!([source, table])).collect();
        put("sources", sources.into());
        put("metrics", json!([]));
        put("functions", json!([]));
        put("depends_on", json!({"macros": self.depends_on_macros, "nodes": self.depends_on}));
        put("compiled_path", Json::Null);
        put(
            "contract",
            json!({
                "enforced": self.config.get("contract").and_then(|c| c.get("enforced")).cloned().unwrap_or(Json::Bool(false)),
                "alias_types": true, "checksum": null,
            }),
        );
        if self.resource_type == ResourceType::Model {
            put("access", self.config.get("access").cloned().unwrap_or_else(|| "protected".into()));
            put("constraints", self.constraints.clone().into());
            put("version", self.version.clone().into());
            put("latest_version", self.latest_version.clone().into());
            put("deprecation_date", Json::Null);
            put("primary_key", json!([]));
            put("time_spine", Json::Null);
            put("batch", self.batch.as_ref().map_or(Json::Null, Batch::to_json));
        }
        if let Some(test) = &self.generic_test {
            put("column_name", test.column_name.clone().into());
            put("file_key_name", test.file_key_name.clone().into());
            put("attached_node", test.attached_node.clone().into());
            put(
                "test_metadata",
                json!({
                    "name": test.name, "kwargs": test.kwargs, "namespace": test.namespace,
                }),
            );
        }
        out
    }
}
