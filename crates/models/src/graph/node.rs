//! The nodes of the graph: models, seeds, snapshots, tests, sources, hooks.

use crate::graph::batch::Batch;
use crate::json_values::{Object, strings, text};
use crate::relations::name_parts::NameParts;
use crate::relations::relation::Relation;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Test,
    Analysis,
    Operation,
    Source,
    Exposure,
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
            Self::Exposure => "exposure",
            Self::UnitTest => "unit_test",
        }
    }
    /// Whether `ref()` may point at it.
    pub fn can_be_referred_to(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}

/// `ref('name')`, `ref('package', 'name', version=2)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefCall {
    pub package: Option<String>,
    pub name: String,
    pub version: Option<String>,
}

/// A column as the YAML properties describe it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub description: String,
    pub data_type: Option<String>,
    pub quote: Option<bool>,
    pub meta: Object,
    pub tags: Vec<String>,
    pub constraints: Vec<Json>,
    /// The docs blocks that its description is made of.
    pub doc_blocks: Vec<String>,
    /// Further keys, as written.
    pub extra: Object,
}

/// What makes a node a generic test.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceTable {
    pub source_name: String,
    pub identifier: String,
    pub loader: String,
    pub source_description: String,
    /// What stands where a query names it, if it lies outside the database.
    pub external: Option<String>,
    pub quoting: Object,
    pub loaded_at_field: Option<String>,
    pub loaded_at_query: Option<String>,
    /// `warn_after`, `error_after`, `filter`; null where freshness is switched off.
    pub freshness: Json,
    pub source_meta: Object,
}

/// What makes a node an exposure: something outside that reads models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    pub kind: String,
    pub label: Option<String>,
    pub maturity: Option<String>,
    pub url: Option<String>,
    /// `name`, `email`, and what else stands there.
    pub owner: Object,
}

/// A group of the project, whose models may be private to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub name: String,
    pub package_name: String,
    pub original_file_path: String,
    pub line: usize,
    pub owner: Object,
    pub description: Option<String>,
    pub config: Object,
}

impl Group {
    pub(crate) fn unique_id(&self) -> String {
        format!("group.{}.{}", self.package_name, self.name)
    }
}

/// The rows that a unit test puts in the place of an input, or expects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FixtureRows {
    /// Rows of a YAML list or of CSV: each a mapping from column to value.
    Rows(Vec<Json>),
    /// A query, with its Jinja unrendered.
    Sql(String),
}

/// `given:` of a unit test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GivenInput {
    /// As written: `ref('a')`, `source('a', 'b')`, `this`.
    pub written: String,
    /// Of the node whose rows it replaces.
    pub unique_id: String,
    pub rows: FixtureRows,
}

/// What makes a node a unit test of a model.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

#[derive(Debug, Clone, Serialize, Deserialize)]
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
    pub quote: NameParts,
    /// Shared by all nodes that are told the same.
    #[serde(skip)]
    pub config: Arc<Object>,
    /// Tags beside those of the config: those of a test's column or source, the kind of a hook.
    pub own_tags: Vec<String>,
    /// The group of the model that a test is declared on.
    pub inherited_group: Option<String>,
    /// What the project file, the properties and `config(...)` say, without defaults; the Jinja of the project file as written.
    #[serde(skip)]
    pub unrendered_config: Arc<Object>,
    pub description: String,
    /// The docs blocks that the description is made of, by unique id.
    pub doc_blocks: Vec<String>,
    pub columns: Vec<Column>,
    /// `package://file` of the YAML that describes it.
    pub patch_path: Option<String>,
    pub refs: Vec<RefCall>,
    pub sources: Vec<(String, String)>,
    /// Unique ids, in the order of first mention.
    pub depends_on: Vec<String>,
    pub depends_on_macros: Vec<String>,
    pub constraints: Vec<Json>,
    /// The columns that its constraints or tests make a key.
    pub primary_key: Vec<String>,
    pub version: Option<String>,
    pub latest_version: Option<String>,
    /// After this day, whoever refers to the model is warned.
    pub deprecation_date: Option<String>,
    pub generic_test: Option<GenericTest>,
    pub unit_test: Option<Arc<UnitTest>>,
    pub source: Option<SourceTable>,
    pub exposure: Option<Exposure>,
    /// SHA-256 of the raw code, in hex.
    pub checksum: String,
    pub build_path: Option<String>,
    /// Whether rendering read the clock or another value that changes between runs, so that the node is rendered again
    /// in every run.
    pub volatile: bool,
    #[serde(skip)]
    pub batch: Option<Batch>,
}

impl Node {
    /// A node with nothing in it but what its file says.
    pub fn new(resource_type: ResourceType, package: &str, name: &str) -> Self {
        Self {
            unique_id: format!("{}.{package}.{name}", resource_type.name()),
            name: name.to_owned(),
            resource_type,
            package_name: package.to_owned(),
            path: String::new(),
            original_file_path: String::new(),
            file: PathBuf::new(),
            line: 1,
            raw_code: String::new(),
            fqn: Vec::new(),
            alias: name.to_owned(),
            database: String::new(),
            schema: String::new(),
            quote: NameParts::ALL,
            config: Default::default(),
            own_tags: Vec::new(),
            inherited_group: None,
            unrendered_config: Default::default(),
            description: String::new(),
            doc_blocks: Vec::new(),
            columns: Vec::new(),
            patch_path: None,
            refs: Vec::new(),
            sources: Vec::new(),
            depends_on: Vec::new(),
            depends_on_macros: Vec::new(),
            constraints: Vec::new(),
            primary_key: Vec::new(),
            version: None,
            latest_version: None,
            deprecation_date: None,
            generic_test: None,
            unit_test: None,
            source: None,
            exposure: None,
            checksum: String::new(),
            build_path: None,
            volatile: false,
            batch: None,
        }
    }
    pub fn materialized(&self) -> &str {
        self.config.get("materialized").and_then(Json::as_str).unwrap_or("view")
    }
    pub fn is_enabled(&self) -> bool {
        self.config.get("enabled").and_then(Json::as_bool).unwrap_or(true)
    }
    pub fn is_ephemeral(&self) -> bool {
        self.resource_type == ResourceType::Model && self.materialized() == "ephemeral"
    }
    /// A model in Python, which can be read about and not run.
    pub fn is_python(&self) -> bool {
        self.resource_type == ResourceType::Model && self.original_file_path.ends_with(".py")
    }
    pub fn tags(&self) -> Vec<String> {
        let mut all = self.own_tags.clone();
        all.extend(strings(self.config.get("tags")).into_iter().filter(|tag| !self.own_tags.contains(tag)));
        all
    }
    pub fn group(&self) -> Option<String> {
        text(&self.config, "group").or_else(|| self.inherited_group.clone())
    }
    /// `private`, `protected` or `public`; `None` for what is no model.
    pub fn access(&self) -> Option<&str> {
        (self.resource_type == ResourceType::Model)
            .then(|| self.config.get("access").and_then(Json::as_str).unwrap_or("protected"))
    }
    /// The name under which properties describe it: that of a version has the version in it.
    pub fn described_as(&self) -> String {
        described_as(&self.name, self.version.as_deref())
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
}

/// The name under which properties describe a model, or one version of it.
pub(crate) fn described_as(name: &str, version: Option<&str>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name}.v{version}"))
}
